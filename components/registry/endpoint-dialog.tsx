"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm, useWatch } from "react-hook-form";
import { SelectField, TextField } from "@/components/form/fields";
import { FormErrorSummary } from "@/components/form/form";
import { FormDialog } from "@/components/form/form-dialog";
import { applyServerError } from "@/components/form/server-errors";
import { useTRPC } from "@/components/kit/trpc";
import { Callout } from "@/components/ui/callout";
import { EMPTY_ENDPOINT, ENDPOINT_LABELS, endpointInput, type EndpointValues } from "./endpoint-form";
import { CommonFields, JsonFields, OipFields } from "./endpoint-fields";
import { versionHref } from "@/server/registry/kinds";

const FIELDS = [
  "description",
  "runId",
  "endpoint.url",
  "endpoint.model",
  "endpoint.version",
  "endpoint.credential",
  "endpoint.timeoutMs",
  "endpoint.maxConcurrency",
  "endpoint.columns",
  "endpoint.healthPath",
] as const;

/** Registers a model that runs elsewhere as the next version. It is tried and judged like every other. */
export function EndpointDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  modelName: string;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const options = { enabled: props.open };
  const hosts = useQuery(trpc.registry.endpointHosts.queryOptions(undefined, options));
  const credentials = useQuery(trpc.registry.credentials.queryOptions(undefined, options));
  const register = useMutation(
    trpc.registry.registerEndpoint.mutationOptions({ meta: { handlesError: true } }),
  );
  const { control, handleSubmit, setError } = useForm<EndpointValues>({ defaultValues: EMPTY_ENDPOINT });
  const protocol = useWatch({ control, name: "endpoint.protocol" });
  const submit = handleSubmit(async (values) => {
    const made = endpointInput(props.modelName, values);
    if ("problem" in made) {
      setError("endpoint.signature", { message: made.problem }, { shouldFocus: true });
      return;
    }
    try {
      const version = await register.mutateAsync(made.input);
      props.onOpenChange(false);
      router.push(versionHref(version.modelName, version.number));
    } catch (error) {
      applyServerError(error, setError, FIELDS);
    }
  });
  const none = hosts.data?.hosts.length === 0;
  return (
    <FormDialog
      open={props.open}
      onOpenChange={props.onOpenChange}
      title="Register an external endpoint"
      description="A model that runs elsewhere becomes the next version: same gates, review, canary and monitoring."
      submitLabel="Register"
      pending={register.isPending}
      disabled={none}
      onSubmit={(event) => void submit(event)}
    >
      {none ? (
        <Callout tone="warning" title="This installation allows no external endpoints">
          Ask the operator to name the host in <span className="font-mono">MODELWORKS_ENDPOINT_HOSTS</span>{" "}
          and to restart portal, worker and gateway.
        </Callout>
      ) : null}
      <FormErrorSummary control={control} labels={ENDPOINT_LABELS} />
      <SelectField
        control={control}
        name="endpoint.protocol"
        label="Protocol"
        options={[
          { value: "oip", label: "Open Inference Protocol (KServe V2, Triton, MLServer)" },
          { value: "http-json", label: "HTTP with JSON (KServe V1, TensorFlow Serving, MLflow)" },
        ]}
      />
      <TextField
        control={control}
        name="endpoint.url"
        label="Address"
        mono
        autoComplete="off"
        spellCheck={false}
        placeholder={
          protocol === "oip" ? "https://models.example.org" : "https://models.example.org/invocations"
        }
        hint={
          none
            ? undefined
            : `${protocol === "oip" ? "What stands before /v2. " : ""}Allowed hosts: ${hosts.data?.hosts.join(", ") ?? "…"}`
        }
      />
      {protocol === "oip" ? <OipFields control={control} /> : <JsonFields control={control} />}
      <CommonFields control={control} credentials={credentials.data?.items.map(({ name }) => name) ?? []} />
    </FormDialog>
  );
}
