"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useForm, useWatch } from "react-hook-form";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { Markdown } from "@/components/common/markdown";
import { NotFoundState } from "@/components/common/not-found-state";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { DetailSkeleton } from "@/components/common/skeletons";
import { TextField } from "@/components/form/fields";
import { Form, FormErrorSummary, SubmitBar } from "@/components/form/form";
import { applyServerError } from "@/components/form/server-errors";
import { useCan } from "@/components/kit/use-can";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { Badge } from "@/components/ui/badge";
import { useLive } from "@/components/kit/use-live";
import { dispatchJob } from "@/server/compute/actions";
import { checkParams } from "@/server/compute/rules";
import { type InputChoice, InputField, ParameterField, ResourceFields } from "./launch-fields";
import {
  launchSnippets,
  launchValues,
  toDispatch,
  type LaunchTemplate,
  type LaunchValues,
} from "./launch-values";
import { QuotaBars } from "./quota-bars";
import { renameFields } from "./rename-fields";
import { useFollowTable, useTables } from "./use-chosen-table";
import { LOST_ANSWER, useDispatchKey } from "./use-dispatch-key";
import { jobHref, quotaTopic } from "@/server/compute/kinds";

const NO_CHOICES: readonly InputChoice[] = [];

/** The server's names of fields, and ours. */
const FIELD_OF: Record<string, keyof LaunchValues> = {
  "resources.cpuMilli": "cpuCores",
  "resources.memoryBytes": "memoryGib",
  "resources.gpuMilli": "gpus",
  "resources.gpuFlavor": "gpuFlavor",
  timeLimitSeconds: "timeLimitMinutes",
};

function LaunchFields({
  template,
  query,
}: {
  template: LaunchTemplate;
  query: Readonly<Record<string, string>>;
}) {
  const trpc = useTRPC();
  const router = useRouter();
  const can = useCan("compute.job.dispatch");
  const key = useDispatchKey();
  const form = useForm<LaunchValues>({ defaultValues: launchValues(template, query) });
  const { control, setError } = form;
  const values = useWatch({ control, compute: (current: LaunchValues) => current });
  const choices = useQuery(trpc.compute.template.inputChoices.queryOptions());
  const tables = useTables(values.inputs);
  useFollowTable(template, form, choices.data?.items ?? NO_CHOICES, values.inputs, tables);
  const quota = useQuery(trpc.compute.quota.get.queryOptions());
  useLive([quotaTopic], [trpc.compute.quota.get.queryKey()]);
  const { parameters, inputs, outputs } = template.spec;
  const known = [
    ...parameters.map((parameter) => `params.${parameter.name}` as const),
    ...inputs.map((input) => `inputs.${input.name}` as const),
    ...(["name", "cpuCores", "memoryGib", "gpuFlavor", "gpus", "timeLimitMinutes", "maxAttempts"] as const),
  ];
  const submit = form.handleSubmit(async (entered) => {
    const input = toDispatch(template, entered);
    const { fields } = checkParams(parameters, input.params ?? {});
    const wrong = parameters.filter((parameter) => fields[`params.${parameter.name}`]);
    for (const parameter of wrong) {
      setError(`params.${parameter.name}`, { message: fields[`params.${parameter.name}`] ?? "" });
    }
    if (wrong.length > 0) return;
    const result = await dispatchJob({ ...input, dedupKey: key.keyFor(input) }).catch(() => LOST_ANSWER);
    if (result !== LOST_ANSWER) key.answered();
    if (result.ok) router.push(jobHref(result.data.id));
    else applyServerError(renameFields(result.error, FIELD_OF), setError, known);
  });
  const labels = Object.fromEntries([
    ...parameters.map((parameter) => [`params.${parameter.name}`, parameter.title] as const),
    ...inputs.map((input) => [`inputs.${input.name}`, input.title] as const),
    ...outputs.map((output, index) => [`datasets.o${index}`, output.title] as const),
    ["name", "Job name"],
    ["cpuCores", "CPU"],
    ["memoryGib", "Memory"],
    ["gpus", "GPUs"],
    ["gpuFlavor", "GPU"],
    ["timeLimitMinutes", "Time limit"],
    ["maxAttempts", "Attempts"],
  ]);
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <Form label={`Launch ${template.title}`} onSubmit={(event) => void submit(event)}>
        <FormErrorSummary control={control} labels={labels} />
        <TextField control={control} name="name" label="Job name" autoComplete="off" />
        {inputs.map((input) => (
          <InputField key={input.name} control={control} input={input} choices={choices.data?.items ?? []} />
        ))}
        {parameters.length > 0 ? (
          <Section title="Parameters">
            <div className="grid gap-4 sm:grid-cols-2">
              {parameters
                .filter(({ name, isHidden }) => !isHidden || query[`param.${name}`] !== undefined)
                .map((parameter) => (
                  <ParameterField
                    key={parameter.name}
                    control={control}
                    parameter={parameter}
                    columns={
                      parameter.type === "string"
                        ? tables.get(parameter.columnOf ?? parameter.columnsOf ?? "")
                        : undefined
                    }
                  />
                ))}
            </div>
          </Section>
        ) : null}
        {outputs.length > 0 ? (
          <Section title="Outputs" description="Name a dataset to register an output as its next version.">
            <div className="grid gap-4 sm:grid-cols-2">
              {outputs.map((output, index) => (
                <TextField
                  key={output.name}
                  control={control}
                  name={`datasets.o${index}` as const}
                  label={output.title}
                  optional
                  hint={output.name}
                  placeholder="Dataset name"
                  autoComplete="off"
                />
              ))}
            </div>
          </Section>
        ) : null}
        <Section title="Resources">
          <ResourceFields control={control} flavors={quota.data?.flavors ?? []} />
        </Section>
        <SubmitBar
          submitLabel="Launch job"
          pending={form.formState.isSubmitting}
          blocked={can.allowed ? null : (can.reason ?? "You may not launch jobs.")}
        />
      </Form>
      <div className="flex min-w-0 flex-col gap-6">
        <Section title="Quota left">
          {quota.data ? (
            <div className="[&_ul]:!grid-cols-1">
              <QuotaBars lines={quota.data.lines} />
            </div>
          ) : null}
        </Section>
        <CopySnippet title="The same by script" snippets={launchSnippets(toDispatch(template, values))} />
      </div>
    </div>
  );
}

/** A template's launch form, filled from the address when it says so. */
export function LaunchPage({ name, query }: { name: string; query: Readonly<Record<string, string>> }) {
  const trpc = useTRPC();
  const template = useQuery(trpc.compute.template.get.queryOptions({ name }));
  if (publicErrorOf(template.error)?.code === "not_found") return <NotFoundState what="This template" />;
  if (template.error && !template.data)
    return <ErrorNotice error={template.error} onRetry={() => void template.refetch()} />;
  if (!template.data) return <DetailSkeleton />;
  return (
    <div className="flex flex-col gap-6">
      <PageHeader
        breadcrumbs={[{ label: "Templates", href: "/templates" }, { label: template.data.title }]}
        title={template.data.title}
        status={<Badge>v{template.data.version}</Badge>}
        description={template.data.description}
      />
      <LaunchFields template={template.data} query={query} />
      {template.data.readme ? (
        <Section title="About this template" frame="card">
          {/* Its first heading repeats the page's title. */}
          <Markdown>{template.data.readme.replace(/^#\s.*\n+/u, "")}</Markdown>
        </Section>
      ) : null}
    </div>
  );
}
