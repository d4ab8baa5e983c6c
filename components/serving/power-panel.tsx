"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ruler } from "lucide-react";
import { useEffect, useState } from "react";
import { type Control, type UseFormGetValues, useWatch } from "react-hook-form";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration, formatNumber, formatPercent } from "@/components/common/format";
import { NumberField } from "@/components/form/fields";
import { useTRPC } from "@/components/kit/trpc";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { WORDS, isMean } from "./metrics";
import { type DeployValues, type PlanValues, chosenMetrics, fromPlan, toPlan, wishOf } from "./plan-form";
import type { PlanPowerView } from "./types";

/** A plan is asked about when the typing rests. */
const REST_MS = 400;

/** The plan as the form holds it now, once it is whole and the typing rests. */
function useRestingPlan(control: Control<DeployValues>, getValues: UseFormGetValues<DeployValues>) {
  const typed = JSON.stringify(useWatch({ control }));
  const [resting, setResting] = useState(typed);
  // Effect: a timer decides when the typing rests.
  useEffect(() => {
    const timer = setTimeout(() => setResting(typed), REST_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return useQuery({
    queryKey: ["serving", "plan-of-form", resting],
    queryFn: async () => {
      const values = getValues();
      return { plan: await toPlan(values), losses: wishOf(values) };
    },
    placeholderData: (before) => before,
  }).data;
}

function Observed({ traffic }: { traffic: NonNullable<PlanPowerView["traffic"]> }) {
  const { requests, seconds, labelShare, errorRate, slowShare, accuracy } = traffic;
  return (
    <p className="text-sm text-fg-muted" data-numeric>
      Seen in the last {formatDuration(seconds * 1000)}: {formatNumber(requests, 0)} requests,{" "}
      {formatPercent(labelShare)} of them with feedback; on stable {formatPercent(errorRate, 2)} errors,{" "}
      {formatPercent(slowShare, 2)} slow
      {accuracy === null ? "" : `, accuracy ${formatPercent(accuracy)}`}.
    </p>
  );
}

function Told({ view }: { view: PlanPowerView }) {
  return (
    <div aria-live="polite" className="flex flex-col gap-2">
      {view.traffic ? <Observed traffic={view.traffic} /> : null}
      <ul aria-label="What this plan notices" className="flex list-disc flex-col gap-1 pl-5">
        {view.sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {view.warnings.map((warning) => (
        <Callout key={warning} tone="warning">
          {warning}
        </Callout>
      ))}
    </div>
  );
}

/** What the plan would notice at the traffic of the last day, live; and a plan that is sized to what is worth catching. */
export function PowerPanel(props: {
  control: Control<DeployValues>;
  getValues: UseFormGetValues<DeployValues>;
  name: string;
  onPlan: (plan: PlanValues) => void;
}) {
  const { control, getValues, name, onPlan } = props;
  const trpc = useTRPC();
  const client = useQueryClient();
  const resting = useRestingPlan(control, getValues);
  const plan = resting?.plan;
  const power = useQuery(
    trpc.serving.planPower.queryOptions(
      { name, plan: plan ?? undefined, losses: resting?.losses },
      { enabled: Boolean(plan), placeholderData: (before) => before },
    ),
  );
  const size = useMutation({
    mutationFn: async () => {
      const values = getValues();
      const given = await toPlan(values);
      return client.fetchQuery(
        trpc.serving.planPower.queryOptions({ name, plan: given ?? undefined, wish: wishOf(values) }),
      );
    },
    meta: { handlesError: true },
    onSuccess: (sized) => onPlan({ ...fromPlan(sized.plan), wish: getValues("wish") }),
  });
  const chosen = chosenMetrics(getValues());
  const error = size.error ?? power.error;
  return (
    <section
      aria-label="What the plan notices"
      className="flex flex-col gap-3 rounded-lg border bg-surface p-4"
    >
      <h2 className="font-medium">What this plan notices</h2>
      {power.data ? <Told view={power.data} /> : null}
      {error ? <ErrorNotice error={error} /> : null}
      {power.data?.traffic ? (
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1 text-sm font-medium">Smallest loss worth catching</legend>
          <div className="grid gap-2 sm:grid-cols-3">
            {chosen.map((metric) => (
              <NumberField
                key={metric}
                control={control}
                name={`wish.${metric}`}
                label={WORDS[metric].label}
                unit={isMean(metric) ? "%" : "points"}
                min={0}
              />
            ))}
          </div>
          <Button size="sm" className="self-start" pending={size.isPending} onClick={() => size.mutate()}>
            <Ruler aria-hidden /> Size the plan to catch it in 9 of 10 cases
          </Button>
        </fieldset>
      ) : null}
    </section>
  );
}
