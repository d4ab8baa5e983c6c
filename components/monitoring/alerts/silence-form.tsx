"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { NumberField, SelectField, TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { applyServerError } from "@/components/form/server-errors";
import { useCan } from "@/components/kit/use-can";
import { useTRPC } from "@/components/kit/trpc";
import { toast } from "@/components/ui/toast";
import { ALERT_KIND_NAMES, ALERT_KINDS } from "@/server/monitoring/alerts/rules";
import { useAlertsChanged } from "./use-alerts-changed";

export interface SilenceScope {
  kind: string;
  severity: string;
  deployment: string;
}
interface Values extends SilenceScope {
  hours: number | null;
  reason: string;
}

const LABELS = {
  kind: "Kind",
  severity: "Severity",
  deployment: "Deployment",
  hours: "For",
  reason: "Reason",
};

/** Silences the alerts of a kind, a severity and a deployment for a while; what is left open means all. */
export function SilenceForm({ scope }: { scope: SilenceScope }) {
  const trpc = useTRPC();
  const can = useCan("monitoring.alert.update");
  const deployments = useQuery(trpc.serving.list.queryOptions({ limit: 200 }));
  const form = useForm<Values>({ defaultValues: { ...scope, hours: 4, reason: "" } });
  const { control, setError, reset } = form;
  const onSettled = useAlertsChanged();
  const silence = useMutation(
    trpc.monitoring.silence.mutationOptions({ onSettled, meta: { handlesError: true } }),
  );
  const submit = form.handleSubmit(async ({ kind, severity, deployment, hours, reason }) => {
    try {
      await silence.mutateAsync({
        kind: ALERT_KIND_NAMES.find((each) => each === kind),
        severity: severity === "critical" || severity === "warning" ? severity : undefined,
        deployment: deployment || undefined,
        minutes: Math.round((hours ?? 0) * 60),
        reason,
      });
      toast.success("Silenced");
      reset({ kind: "", severity: "", deployment: "", hours: 4, reason: "" });
    } catch (error) {
      applyServerError(error, setError, ["kind", "severity", "deployment", "reason"], { minutes: "hours" });
    }
  });
  const names = (deployments.data?.items ?? []).map(({ name }) => name);
  // A name that came with the address is kept, whether or not the list holds it.
  const known = scope.deployment && !names.includes(scope.deployment) ? [scope.deployment, ...names] : names;
  return (
    <Form label="New silence" onSubmit={submit}>
      <FormErrorSummary control={control} labels={LABELS} />
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          control={control}
          name="kind"
          label={LABELS.kind}
          options={[
            { value: "", label: "Every kind" },
            ...ALERT_KIND_NAMES.map((value) => ({ value, label: ALERT_KINDS[value] })),
          ]}
        />
        <SelectField
          control={control}
          name="severity"
          label={LABELS.severity}
          options={[
            { value: "", label: "Critical and warning" },
            { value: "critical", label: "Critical" },
            { value: "warning", label: "Warning" },
          ]}
        />
        <SelectField
          control={control}
          name="deployment"
          label={LABELS.deployment}
          options={[
            { value: "", label: "Every deployment" },
            ...known.map((value) => ({ value, label: value })),
          ]}
        />
        <NumberField control={control} name="hours" label={LABELS.hours} unit="hours" min={0} max={720} />
      </div>
      <TextField control={control} name="reason" label={LABELS.reason} maxLength={2000} />
      <SubmitBar
        submitLabel="Silence"
        pending={silence.isPending}
        blocked={can.allowed ? null : can.reason}
      />
    </Form>
  );
}
