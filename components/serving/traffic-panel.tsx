"use client";
import { useQuery } from "@tanstack/react-query";
import { LiveChart, type LiveSeries } from "@/components/chart/live-chart";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration, formatNumber } from "@/components/common/format";
import { Section } from "@/components/common/section";
import { ChartSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import { WORDS, showShare } from "./metrics";
import type { TrafficChart } from "./types";

const REFRESH_MS = 5_000;
const SYNC = "traffic";

/** A second line is drawn only while a canary takes requests. */
function withCanary(chart: TrafficChart, make: (arm: "stable" | "canary") => LiveSeries): LiveSeries[] {
  return chart.totals.canary.requests > 0 ? [make("stable"), make("canary")] : [make("stable")];
}

const look = (arm: "stable" | "canary") =>
  arm === "stable"
    ? ({ id: arm, label: "Stable", color: 1 } as const)
    : ({ id: arm, label: "Canary", color: 2, dash: [7, 3] } as const);

function Rate({ chart, metric }: { chart: TrafficChart; metric: "errorRate" | "accuracy" }) {
  const { requests, errors, feedback, correct } = chart.totals.stable;
  const n = metric === "errorRate" ? requests : feedback;
  const share = metric === "errorRate" ? errors / requests : correct / feedback;
  return (
    <LiveChart
      title={WORDS[metric].label}
      summary={
        n === 0
          ? `No ${WORDS[metric].trials} on stable in this window.`
          : `${showShare(share)} of ${formatNumber(n, 0)} ${WORDS[metric].trials} on stable, 95% intervals by step.`
      }
      x={chart.x}
      series={withCanary(chart, (arm) => ({
        ...look(arm),
        values: chart[arm][metric].value,
        lo: chart[arm][metric].lo,
        hi: chart[arm][metric].hi,
      }))}
      format={showShare}
      range={metric === "errorRate" ? [0, null] : [null, 1]}
      height={170}
      syncKey={SYNC}
    />
  );
}

function Charts({ chart }: { chart: TrafficChart }) {
  const known = chart.stable.p50Ms.findLast((value) => value !== null) ?? null;
  const total = chart.totals.stable.requests;
  const seconds = chart.to - chart.from + 1;
  return (
    <div className="grid gap-6 lg:grid-cols-2">
      <LiveChart
        title="Requests per second"
        summary={`${formatNumber(total, 0)} on stable in the window, ${formatNumber(total / seconds, 2)} a second.`}
        x={chart.x}
        series={withCanary(chart, (arm) => ({ ...look(arm), values: chart[arm].perSecond }))}
        format={(value) => formatNumber(value, 1)}
        range={[0, null]}
        height={170}
        syncKey={SYNC}
      />
      <Rate chart={chart} metric="errorRate" />
      <LiveChart
        title="Latency on stable"
        summary={
          known === null
            ? "No requests on stable in this window."
            : `p50 ${formatDuration(known)}; p99 only where a step has 300 requests.`
        }
        x={chart.x}
        series={[
          { id: "p50", label: "p50", color: 1, values: chart.stable.p50Ms },
          { id: "p99", label: "p99", color: 3, dash: [3, 3], values: chart.stable.p99Ms },
        ]}
        format={formatDuration}
        range={[0, null]}
        height={170}
        syncKey={SYNC}
      />
      <Rate chart={chart} metric="accuracy" />
    </div>
  );
}

/** The last 15 minutes, step by step. */
export function TrafficPanel({ name }: { name: string }) {
  const trpc = useTRPC();
  const chart = useQuery(
    trpc.serving.chart.queryOptions(
      { name, mode: "step" },
      { refetchInterval: REFRESH_MS, placeholderData: (before) => before },
    ),
  );
  return (
    <Section title="Traffic" description="The last 15 minutes. Hatching is no data.">
      {chart.data ? (
        <Charts chart={chart.data} />
      ) : chart.error ? (
        <ErrorNotice error={chart.error} onRetry={() => void chart.refetch()} />
      ) : (
        <ChartSkeleton height={170} />
      )}
    </Section>
  );
}
