"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { CopyButton } from "@/components/common/copy-button";
import { CopySnippet } from "@/components/common/copy-snippet";
import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration, formatMetric } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { LiveDot } from "@/components/common/live-dot";
import { NotFoundState } from "@/components/common/not-found-state";
import { OwnerChip } from "@/components/common/owner-chip";
import { PageHeader } from "@/components/common/page-header";
import { Section } from "@/components/common/section";
import { SectionNav } from "@/components/common/section-nav";
import { DetailSkeleton } from "@/components/common/skeletons";
import { StatusBadge } from "@/components/common/status-badge";
import { TimeAgo } from "@/components/common/time-ago";
import { publicErrorOf, useTRPC } from "@/components/kit/trpc";
import { useLive } from "@/components/kit/use-live";
import { ArtifactBrowser } from "./artifact-browser";
import { MetricCharts } from "./metric-charts";
import { RUN_STATUS } from "./run-columns";
import { useMetricChanges } from "./use-metric-changes";
import { momentOf } from "@/server/core/int64";
import { meantValue } from "@/server/experiments/rules";
import { datasetVersionHref } from "@/server/datasets/kinds";
import { jobHref } from "@/server/compute/kinds";
import { experimentHref, runMetricsTopic, runTopic } from "@/server/experiments/kinds";

function snippets(runId: string) {
  return [
    {
      label: "Python",
      code: `import mlflow\n\nmlflow.set_tracking_uri("$MODELWORKS_URL")  # MLFLOW_TRACKING_TOKEN holds your token\nrun = mlflow.get_run("${runId}")\nprint(run.data.metrics)`,
    },
    {
      label: "curl",
      code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "$MODELWORKS_URL/api/v1/runs/${runId}"`,
    },
  ];
}

const SECTIONS = [
  { id: "metrics", label: "Metrics" },
  { id: "parameters", label: "Parameters" },
  { id: "data", label: "Data and models" },
  { id: "files", label: "Files" },
  { id: "tags", label: "Tags" },
];

interface LinkedRun {
  jobId: string | null;
  tags: { key: string; value: string }[];
  inputs: { name: string; digest: string; dataset: { slug: string; number: number } | null }[];
  modelInputs: { modelId: string }[];
  outputs: { modelId: string }[];
}

function ModelLink({ verb, modelId }: { verb: string; modelId: string }) {
  return (
    <li className="flex flex-wrap items-center gap-2">
      <span className="text-fg-muted">{verb}</span>
      <code className="text-xs">{modelId}</code>
      <CopyButton value={modelId} label="Copy model id" />
    </li>
  );
}

/** Which data and models the run read, which models it made, and the job it ran in. */
function RunLinks({ run }: { run: LinkedRun }) {
  const jobId = run.jobId ?? run.tags.find((tag) => tag.key === "modelworks.job_id")?.value;
  return (
    <Section id="data" title="Data and models">
      <ul className="flex flex-col gap-1.5 text-sm">
        {run.inputs.map((input) => (
          <li key={`${input.name}-${input.digest}`} className="flex flex-wrap items-center gap-2">
            <span className="text-fg-muted">read</span>
            {input.dataset ? (
              <EntityLink
                kind="dataset_version"
                href={datasetVersionHref(input.dataset.slug, input.dataset.number)}
                label={`${input.dataset.slug} version ${input.dataset.number}`}
              />
            ) : (
              input.name
            )}
            <DigestChip digest={input.digest} label="dataset digest" />
          </li>
        ))}
        {run.modelInputs.map(({ modelId }) => (
          <ModelLink key={modelId} verb="read the model" modelId={modelId} />
        ))}
        {run.outputs.map(({ modelId }) => (
          <ModelLink key={modelId} verb="logged the model" modelId={modelId} />
        ))}
        {jobId ? (
          <li className="flex items-center gap-2">
            <span className="text-fg-muted">ran in</span>
            <EntityLink kind="job" href={jobHref(jobId)} label="its job" />
          </li>
        ) : null}
      </ul>
      {run.inputs.length + run.modelInputs.length + run.outputs.length === 0 ? (
        <p className="text-sm text-fg-muted">No datasets or models were logged.</p>
      ) : null}
    </Section>
  );
}

/** One run: state, curves that move while it runs, parameters, data, models, files. `actions` come from the page. */
export function RunPage({
  runId,
  actions,
  registered = [],
}: {
  runId: string;
  actions?: ReactNode;
  /** Links to the versions that came of it. */
  registered?: readonly ReactNode[];
}) {
  const trpc = useTRPC();
  const run = useQuery(trpc.experiments.run.queryOptions({ runId }));
  const keys = useQuery(trpc.experiments.metricKeys.queryOptions({ runId }));
  const follow = useMetricChanges(runId);
  const live = useLive([runTopic(runId)], [trpc.experiments.run.queryKey()], {
    [runMetricsTopic(runId)]: follow,
  });
  if (publicErrorOf(run.error)?.code === "not_found") return <NotFoundState />;
  if (run.error && !run.data) return <ErrorNotice error={run.error} onRetry={() => void run.refetch()} />;
  if (!run.data) return <DetailSkeleton />;
  const { data } = run;
  const curves = (keys.data ?? []).filter((metric) => metric.points > 1);
  return (
    <>
      <PageHeader
        title={data.name}
        breadcrumbs={[
          { label: "Experiments", href: "/experiments" },
          { label: data.experimentName, href: experimentHref(data.experimentId) },
          { label: data.name },
        ]}
        status={<StatusBadge status={RUN_STATUS[data.status] ?? data.status} />}
        meta={
          <>
            <OwnerChip name={data.userName} />
            <span>
              started <TimeAgo value={momentOf(data.startMs)} />
            </span>
            {data.endMs ? (
              <span data-numeric>{formatDuration(Number(data.endMs) - Number(data.startMs))}</span>
            ) : null}
            <span className="inline-flex items-center gap-1 font-mono text-xs">
              {data.id} <CopyButton value={data.id} label="Copy run id" />
            </span>
            {registered.length > 0 ? (
              <span className="inline-flex flex-wrap items-center gap-2">registered as {registered}</span>
            ) : null}
            <LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />
          </>
        }
        actions={actions}
      />
      <SectionNav sections={SECTIONS} />
      <div className="flex flex-col gap-6">
        <Section id="metrics" title="Metrics">
          <KeyValue
            columns={3}
            items={data.metrics.map((metric) => ({
              label: metric.key,
              value: formatMetric(meantValue(metric)),
              hint: `Last value, at step ${metric.step}`,
            }))}
          />
          {data.metrics.length === 0 ? <p className="text-sm text-fg-muted">Nothing logged yet.</p> : null}
        </Section>
        {keys.error && !keys.data ? (
          <Section title="Curves">
            <ErrorNotice error={keys.error} onRetry={() => void keys.refetch()} />
          </Section>
        ) : null}
        {curves.length > 0 ? (
          <Section title="Curves" frame="none">
            <MetricCharts
              metrics={curves.map((metric) => metric.key)}
              runIds={[runId]}
              syncId={`run-${runId}`}
            />
          </Section>
        ) : null}
        <Section id="parameters" title="Parameters">
          <KeyValue
            columns={2}
            items={data.params.map((param) => ({ label: param.key, value: param.value }))}
          />
          {data.params.length === 0 ? <p className="text-sm text-fg-muted">No parameters.</p> : null}
        </Section>
        <RunLinks run={data} />
        <Section id="files" title="Files" frame="none">
          <ArtifactBrowser root={data.artifactRoot} />
          {data.outputs.map((output) => (
            <div key={output.modelId} className="mt-3">
              <p className="mb-1 text-sm text-fg-muted">Model {output.modelId}</p>
              <ArtifactBrowser root={`${data.experimentId}/models/${output.modelId}/artifacts`} />
            </div>
          ))}
        </Section>
        <Section id="tags" title="Tags">
          <KeyValue columns={2} items={data.tags.map((tag) => ({ label: tag.key, value: tag.value }))} />
        </Section>
        <CopySnippet title="Use this run" snippets={snippets(runId)} />
      </div>
    </>
  );
}
