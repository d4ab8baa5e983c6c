"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { CopySnippet } from "@/components/common/copy-snippet";
import { ErrorNotice } from "@/components/common/error-notice";
import { readError } from "@/components/kit/error-shape";
import { NotFoundState } from "@/components/common/not-found-state";
import { formatDuration, formatMetric, formatNumber, formatPercent } from "@/components/common/format";
import { LiveDot } from "@/components/common/live-dot";
import { PageHeader } from "@/components/common/page-header";
import { ListSkeleton } from "@/components/common/skeletons";
import { StatTile } from "@/components/common/stat-tile";
import { StatusBadge } from "@/components/common/status-badge";
import { useTRPC } from "@/components/kit/trpc";
import { buttonVariants } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { useLive } from "@/components/kit/use-live";
import { DriftPanel } from "./drift-panel";
import { rateWords } from "./figures";
import { HealthCharts } from "./health-charts";
import { PredictionsTable } from "./predictions-table";
import { useWindow, WINDOW_WORDS, WindowPicker } from "./window-picker";
import { deploymentHref, deploymentTopic } from "@/server/serving/kinds";
import { alertsTopic } from "@/server/monitoring/kinds";

const snippetsOf = (host: string, name: string) => [
  {
    label: "curl",
    code: `curl -H "authorization: Bearer $MODELWORKS_TOKEN" "${host}/api/v1/monitoring/${name}?window=1h"

# report what came true, by the x-prediction-id of the answer
curl -X POST "${host}/api/v1/feedback" -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"items": [{"predictionId": "prd_…", "value": "1"}]}'`,
  },
  {
    label: "Python",
    code: `import os, requests
answer = requests.post("${host}/api/v1/feedback", headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
    json={"items": [{"predictionId": "prd_…", "value": 1}]})
print(answer.json()["summary"])`,
  },
];

/** One deployment over time: numbers with intervals, charts, drift, and every prediction. */
export function DeploymentHealth({ name, host }: { name: string; host: string }) {
  const trpc = useTRPC();
  const [window] = useWindow();
  const query = useQuery(
    trpc.monitoring.deployment.queryOptions({ name, window }, { placeholderData: keepPreviousData }),
  );
  const data = query.data;
  const live = useLive(data ? [deploymentTopic(data.id), alertsTopic] : [], [
    trpc.monitoring.deployment.queryKey(),
    trpc.monitoring.predictions.queryKey(),
  ]);
  if (query.error && readError(query.error).code === "not_found")
    return <NotFoundState what="This deployment" />;
  if (query.error && !query.data)
    return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (!data) return <ListSkeleton />;
  const words = WINDOW_WORDS[window];
  const { totals } = data;
  return (
    <div className="flex min-w-0 flex-col gap-6">
      <PageHeader
        title={data.name}
        breadcrumbs={[{ label: "Monitoring", href: "/monitoring" }, { label: data.name }]}
        status={<StatusBadge status={data.environment} />}
        meta={
          <>
            <span>
              {data.modelName ?? "model"} {data.version === null ? "" : `version ${data.version}`}
            </span>
            <span>Owner {data.ownerName ?? "unknown"}</span>
            <LiveDot updatedAt={live.updatedAt ?? null} status={live.status} />
          </>
        }
        actions={
          <>
            <WindowPicker />
            <Link href={deploymentHref(data.name)} className={buttonVariants({})}>
              Open the deployment
            </Link>
          </>
        }
      />
      {data.alerts.map((alert) => (
        <Callout
          key={alert.id}
          tone={alert.severity === "critical" ? "negative" : "warning"}
          title={alert.title}
          actions={
            <Link href="/alerts" className={buttonVariants({ size: "sm" })}>
              See alerts
            </Link>
          }
        >
          <p>{alert.body}</p>
        </Callout>
      ))}
      <div className="grid grid-cols-2 gap-3 xl:grid-cols-5">
        <StatTile label="Requests" value={formatNumber(totals.requests, 0)} note={words} />
        <StatTile
          label="Error rate"
          value={totals.errorRate.value === null ? "–" : formatPercent(totals.errorRate.value, 2)}
          note={rateWords(totals.errorRate, "no requests")}
        />
        <StatTile
          label="Latency p99"
          value={totals.p99Ms === null ? "–" : formatDuration(totals.p99Ms)}
          note={
            totals.p99Ms === null
              ? `needs 300 requests, has ${totals.requests}`
              : `median ${formatDuration(totals.p50Ms)}`
          }
        />
        {totals.error ? (
          <StatTile
            label="Mean absolute error"
            value={formatMetric(totals.error.meanAbsolute, 4)}
            note={`root mean squared ${formatMetric(totals.error.rootMeanSquared, 4)}, n ${formatNumber(totals.error.n, 0)}`}
          />
        ) : (
          <StatTile
            label="Accuracy"
            value={totals.accuracy.value === null ? "–" : formatPercent(totals.accuracy.value)}
            note={rateWords(totals.accuracy, "no feedback in this window")}
          />
        )}
        <StatTile
          label="Feedback delay, median"
          value={data.feedbackDelay.p50Ms === null ? "–" : formatDuration(data.feedbackDelay.p50Ms)}
          note={
            data.feedbackDelay.n === 0
              ? "no feedback in this window"
              : `p95 ${formatDuration(data.feedbackDelay.p95Ms)}, n ${formatNumber(data.feedbackDelay.n, 0)}`
          }
        />
      </div>
      <HealthCharts data={data} words={words} />
      <DriftPanel report={data.drift} />
      <PredictionsTable name={data.name} />
      <CopySnippet title="Get this by API" snippets={snippetsOf(host, data.name)} />
    </div>
  );
}
