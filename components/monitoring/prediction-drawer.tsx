"use client";
import { useQuery } from "@tanstack/react-query";
import { CopyButton } from "@/components/common/copy-button";
import { DigestChip } from "@/components/common/digest-chip";
import { EntityLink } from "@/components/common/entity-link";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDateTime, formatDuration, formatNumber } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import { Sheet, SheetContent } from "@/components/ui/sheet";
import { runHref } from "@/server/experiments/kinds";
import { versionHref } from "@/server/registry/kinds";
import { Exchange, Outcomes } from "./prediction-parts";
import { datasetVersionHref } from "@/server/datasets/kinds";
import { jobHref } from "@/server/compute/kinds";

function Body({ id }: { id: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.monitoring.prediction.queryOptions({ predictionId: id }));
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <RowsSkeleton />;
  const { origin } = data;
  return (
    <>
      <p className="flex items-center gap-1 font-mono text-sm break-all">
        {data.id} <CopyButton value={data.id} label="Copy prediction id" />
      </p>
      <KeyValue
        items={[
          { label: "When", value: formatDateTime(data.at) },
          { label: "Answered with", value: `${data.status}${data.error ? `: ${data.error}` : ""}` },
          { label: "Latency", value: formatDuration(data.latencyMs) },
          { label: "Arm", value: data.stage >= 0 ? `${data.arm}, stage ${data.stage + 1}` : data.arm },
          {
            label: "Predicted",
            value:
              data.rows > 1 ? `${formatNumber(data.rows, 0)} rows, each by itself` : (data.predicted ?? "–"),
          },
          {
            label: "Outcome",
            value: data.outcomes.length > 0 ? <Outcomes prediction={data} /> : "No feedback yet",
          },
          ...(data.traceId ? [{ label: "Trace", value: data.traceId }] : []),
        ]}
      />
      <section aria-label="Where it came from" className="flex flex-col gap-2">
        <h3 className="font-semibold">Where it came from</h3>
        {origin ? (
          <ol className="flex flex-col gap-1.5 border-l pl-3">
            <li>
              <EntityLink
                kind="version"
                href={versionHref(origin.model, origin.number)}
                label={`${origin.model} version ${origin.number}`}
              />
              {origin.manifestDigest ? (
                <DigestChip digest={origin.manifestDigest} label="manifest digest" />
              ) : null}
            </li>
            <li>
              {origin.runId && origin.experimentId !== null ? (
                <EntityLink
                  kind="run"
                  href={runHref(origin.experimentId, origin.runId)}
                  label={`Run ${origin.runName ?? origin.runId} in ${origin.experiment ?? "its experiment"}`}
                />
              ) : (
                <span className="text-fg-subtle">No run is recorded for the version.</span>
              )}
            </li>
            {origin.jobId ? (
              <li>
                <EntityLink kind="job" href={jobHref(origin.jobId)} label="The job that ran it" />
              </li>
            ) : null}
            {origin.datasets.map((each) => (
              <li key={each.id}>
                <EntityLink
                  kind="dataset"
                  href={datasetVersionHref(each.slug, each.number)}
                  label={`${each.slug} version ${each.number}`}
                />
                <DigestChip digest={each.contentDigest} label="content digest" />
              </li>
            ))}
            <li>
              {origin.codeCommit ? (
                <span className="inline-flex items-center gap-1">
                  Code <span className="font-mono text-sm">{origin.codeCommit.slice(0, 12)}</span>
                  <CopyButton value={origin.codeCommit} label="Copy commit" />
                </span>
              ) : (
                <span className="text-fg-subtle">No commit is recorded for the version.</span>
              )}
            </li>
          </ol>
        ) : (
          <p className="text-fg-subtle">The version that answered is not in this team’s registry.</p>
        )}
      </section>
      <Exchange prediction={data} />
    </>
  );
}

/** One prediction beside the list: inputs, outputs, outcome, and the way back to its data and code. */
export function PredictionDrawer(props: {
  open: boolean;
  id: string | null;
  onOpenChange: (open: boolean) => void;
}) {
  const { open, id, onOpenChange } = props;
  return (
    <Sheet open={open} onOpenChange={onOpenChange}>
      <SheetContent title="Prediction" className="w-[36rem]">
        <div className="flex flex-col gap-4 overflow-y-auto p-4">{id ? <Body id={id} /> : null}</div>
      </SheetContent>
    </Sheet>
  );
}
