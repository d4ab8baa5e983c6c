"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import {
  type FieldPath,
  type UseFormSetError,
  type UseFormSetValue,
  useForm,
  useWatch,
} from "react-hook-form";
import { toast } from "@/components/ui/toast";
import { readError } from "@/components/kit/error-shape";
import { ErrorNotice } from "@/components/common/error-notice";
import { PageHeader } from "@/components/common/page-header";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { useCan } from "@/components/kit/use-can";
import { standardPlan } from "@/server/serving/rules";
import type { RolloutPlan } from "@/server/serving/schemas";
import { AdmissionPanel } from "./admission-panel";
import { AfterSetback } from "./after-setback";
import { DeployFields } from "./deploy-fields";
import { PlanEditor } from "./plan-editor";
import {
  type DeployValues,
  fieldOf,
  fromPlan,
  labelOf,
  PLAN_KEYS,
  type PlanValues,
  toDeployInput,
} from "./plan-form";
import { PowerPanel } from "./power-panel";
import type { DeployPreview } from "./types";
import { type DeployPrefill, originOf, useKept } from "./use-kept-choice";
import { deploymentHref, rolloutHref } from "@/server/serving/kinds";

function Effect({
  effect,
  name,
  current,
  running,
}: {
  effect: string;
  name: string;
  current: number | null;
  running: string | null;
}) {
  if (running)
    return (
      <Callout tone="warning" title={`A rollout is under way on ${name}`}>
        <Link href={rolloutHref(name, running)} className="text-accent-text hover:underline">
          Watch it end, or abort it
        </Link>
        , then deploy.
      </Callout>
    );
  if (effect === "unchanged")
    return (
      <Callout tone="neutral" title={`${name} serves this version already`}>
        Deploying it again changes nothing.
      </Callout>
    );
  if (effect === "canary")
    return (
      <Callout tone="info" title={`Goes to ${name} as a canary beside version ${current ?? "?"}`}>
        Every gateway loads it first. Then it gets a small share of requests and grows stage by stage by the
        plan below. If it is worse, or a gateway cannot serve it, it is rolled back by itself.
      </Callout>
    );
  return (
    <Callout tone="info" title={`Takes all requests of ${name} at once`}>
      {current === null
        ? "Nothing serves this name yet."
        : `It replaces version ${current} when every gateway serves it; until then version ${current} answers.`}
    </Callout>
  );
}

/** What would run the version, and what that means. */
function RunsIn({ runtime }: { runtime: DeployPreview["runtime"] }) {
  if (!runtime) return null;
  return (
    <Callout tone={runtime.runsOwnCode ? "warning" : "neutral"} title={`Runs in ${runtime.words}`}>
      {runtime.runsOwnCode
        ? "The model runs code of its own, which a reviewer admitted. Each gateway isolates it as jobs are isolated."
        : runtime.isElsewhere
          ? "Each gateway asks it there; what that server does is its own affair."
          : "Each gateway gives it a process of its own, with the bounds of its contract."}
    </Callout>
  );
}

/** Sends the form; what the server refuses goes to the fields it names. */
function useDeploy(setError: UseFormSetError<DeployValues>, canary: boolean) {
  const trpc = useTRPC();
  const router = useRouter();
  const deploy = useMutation(trpc.serving.deploy.mutationOptions({ meta: { handlesError: true } }));
  const put = (problems: readonly (readonly [path: string, message: string])[]) => {
    const rest: string[] = [];
    for (const [path, message] of problems) {
      const field = fieldOf(path);
      // An error at a name without a field would stay, and keep the form from being sent again.
      if (labelOf(field)) setError(field as FieldPath<DeployValues>, { type: "server", message });
      else rest.push(message);
    }
    if (rest.length > 0) setError("root.server", { type: "server", message: rest.join(" ") });
  };
  const submit = async (values: DeployValues) => {
    const input = await toDeployInput(values, canary);
    if (!input.success) {
      put(input.error.issues.map((issue) => [issue.path.join("."), issue.message]));
      return;
    }
    try {
      const done = await deploy.mutateAsync(input.data);
      toast.success(
        done.unchanged
          ? "It serves this version already"
          : done.rolloutId
            ? "The gateways load it"
            : "Deployed",
      );
      const page = deploymentHref(done.name);
      router.push(done.rolloutId ? `${page}/rollouts/${done.rolloutId}` : page);
    } catch (error) {
      const view = readError(error);
      const fields = Object.entries(view.fields);
      put(fields.map(([path, messages]) => [path, messages.join(" ")]));
      const message = [view.message, view.hint].filter(Boolean).join(" ");
      if (fields.length === 0) setError("root.server", { type: "server", message });
    }
  };
  return { submit, pending: deploy.isPending };
}

function takePlan(setValue: UseFormSetValue<DeployValues>, values: PlanValues): void {
  for (const key of PLAN_KEYS) setValue(key, values[key]);
}

/** Takes over the plan that fits the chosen deployment, once for each choice, never over the person's own stages. */
function useSizedPlan(
  plan: RolloutPlan | undefined,
  choice: string,
  setValue: UseFormSetValue<DeployValues>,
  isEdited: boolean,
): void {
  const planned = useRef("");
  // Effect: the plan comes from the server after the choice; the form's own state cannot be derived from it, as people edit it.
  useEffect(() => {
    if (!plan || planned.current === choice || isEdited) return;
    planned.current = choice;
    takePlan(setValue, fromPlan(plan));
  }, [plan, choice, setValue, isEdited]);
}

/** Why what the preview shows cannot be deployed now; null when it can. */
function blockedBy(preview: DeployPreview | undefined): string | null {
  if (preview && !preview.admission.admitted) return "The evidence is not complete.";
  return preview?.runningRolloutId ? "A rollout is under way." : null;
}

/** Deploys a version: says what is missing and what will happen before it is sent. */
export function DeployForm({ prefill }: { prefill: DeployPrefill }) {
  const trpc = useTRPC();
  const router = useRouter();
  const can = useCan("serving.deployment.write");
  const { control, handleSubmit, setError, setValue, getValues, formState } = useForm<DeployValues>({
    defaultValues: { ...prefill, reason: "", ...fromPlan(standardPlan(100)) },
  });
  const [model, version, environment, name] = useWatch({
    control,
    name: ["model", "version", "environment", "name"],
  });
  useKept({ model, version, environment, name: name.trim() }, setValue);
  const [origin] = useState(() => originOf(prefill));
  const preview = useQuery(
    trpc.serving.preview.queryOptions(
      { model, version: Number(version), environment, name: name.trim() || undefined },
      { enabled: model !== "" && version !== "", retry: false, placeholderData: (before) => before },
    ),
  );
  useSizedPlan(
    preview.data?.plan,
    `${model}/${environment}`,
    setValue,
    formState.dirtyFields.stages !== undefined,
  );
  const canary = preview.data?.effect === "canary";
  const { submit, pending } = useDeploy(setError, canary);
  const blocked =
    can.reason ??
    (model === "" || version === "" ? "Choose a model and a version." : blockedBy(preview.data));
  return (
    <>
      <PageHeader
        title="Deploy a version"
        description="Only a version whose signed evidence is complete for the environment can be deployed."
        breadcrumbs={[
          { label: "Deployments", href: "/deployments" },
          ...(origin ? [origin] : []),
          { label: "Deploy" },
        ]}
      />
      <Form
        label="Deploy a version"
        onSubmit={(event) => void handleSubmit(submit)(event)}
        className="max-w-3xl"
      >
        <FormErrorSummary control={control} labels={labelOf} />
        <DeployFields
          control={control}
          model={model}
          ownName={preview.data && name === "" ? preview.data.name : undefined}
        />
        {preview.error ? <ErrorNotice error={preview.error} /> : null}
        {preview.data ? (
          <>
            {preview.data.state === "ready" ? (
              <AdmissionPanel admission={preview.data.admission} environment={environment} />
            ) : (
              <Callout tone="warning" title={`This version is ${preview.data.state}`}>
                {preview.data.stateText || "Wait until it is ready."}
              </Callout>
            )}
            <RunsIn runtime={preview.data.runtime} />
            <Effect
              effect={preview.data.effect}
              name={preview.data.name}
              current={preview.data.currentVersion}
              running={preview.data.runningRolloutId}
            />
          </>
        ) : null}
        {preview.data?.setback && environment === "production" ? (
          <AfterSetback control={control} setback={preview.data.setback} />
        ) : null}
        {canary ? (
          <>
            <PlanEditor control={control} />
            <PowerPanel
              control={control}
              getValues={getValues}
              name={preview.data?.name ?? name}
              onPlan={(values) => takePlan(setValue, values)}
            />
          </>
        ) : null}
        <SubmitBar
          submitLabel={canary ? "Start the canary" : "Deploy"}
          pending={pending}
          blocked={blocked}
          onCancel={() => router.push(origin?.href ?? "/deployments")}
        />
      </Form>
    </>
  );
}
