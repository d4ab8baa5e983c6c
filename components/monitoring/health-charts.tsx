"use client";
import {
  formatClock,
  formatDateTime,
  formatDuration,
  formatNumber,
  formatPercent,
} from "@/components/common/format";
import { LineChart } from "@/components/chart/line-chart";
import { MIN_CASES_OF_STEP } from "@/server/monitoring/rules";
import { type Rate, rateWords } from "./figures";
import { leftOut, ribbon } from "./least-cases";

interface Figures {
  requests: number;
  errorRate: Rate;
  accuracy: Rate;
  p50Ms: number | null;
  p99Ms: number | null;
}
export interface HealthData {
  stepSeconds: number;
  latencyBoundMs: number;
  totals: Figures;
  points: readonly (Figures & { second: number })[];
}

/** Requests, errors, latency and accuracy over the window; steps without data are gaps. */
export function HealthCharts({ data, words }: { data: HealthData; words: string }) {
  const long = data.stepSeconds >= 600;
  const common = {
    xLabel: "Time",
    xFormat: (second: number) => (long ? formatDateTime(second * 1000) : formatClock(second * 1000)),
    syncId: "health",
    height: 200,
  };
  const at = <T,>(pick: (point: HealthData["points"][number]) => T) =>
    data.points.map((point) => ({ x: point.second, ...pick(point) }));
  const { totals } = data;
  const requests = data.points.map((point) => point.requests);
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <LineChart
        {...common}
        title="Requests per second"
        summary={`${formatNumber(totals.requests, 0)} requests in the ${words}.`}
        yFormat={(y) => `${formatNumber(y)}/s`}
        yDomain={[0, "auto"]}
        area
        series={[
          {
            id: "requests",
            label: "Requests",
            points: at((point) => ({ y: point.requests / data.stepSeconds })),
          },
        ]}
      />
      <LineChart
        {...common}
        title="Error rate"
        blank={`No step has ${MIN_CASES_OF_STEP} requests`}
        summary={
          totals.errorRate.value === null
            ? "No requests, so no error rate."
            : `${formatPercent(totals.errorRate.value, 2)} of requests failed; ${rateWords(totals.errorRate, "no data")}.${leftOut(requests, "requests")}`
        }
        yFormat={(y) => formatPercent(y)}
        yDomain={[0, "auto"]}
        series={[{ id: "errors", label: "Failed", color: 2, points: at((point) => ribbon(point.errorRate)) }]}
      />
      <LineChart
        {...common}
        title="Latency"
        blank={`No step has ${MIN_CASES_OF_STEP} requests`}
        summary={`Median ${formatDuration(totals.p50Ms)}; p99 ${totals.p99Ms === null ? "needs 300 requests" : formatDuration(totals.p99Ms)}. Buckets are 25% wide.${leftOut(requests, "requests")}`}
        yFormat={(y) => formatDuration(y)}
        yDomain={[0, "auto"]}
        thresholds={[{ value: data.latencyBoundMs, label: `Bound ${formatDuration(data.latencyBoundMs)}` }]}
        series={[
          {
            id: "p50",
            label: "Median",
            points: at((point) => ({ y: point.requests < MIN_CASES_OF_STEP ? null : point.p50Ms })),
          },
          {
            id: "p99",
            label: "p99, where a step has 300 requests",
            color: 3,
            points: at((point) => ({ y: point.p99Ms })),
          },
        ]}
      />
      <LineChart
        {...common}
        title="Accuracy from feedback"
        blank={`No step has ${MIN_CASES_OF_STEP} outcomes`}
        summary={
          totals.accuracy.value === null
            ? "No feedback yet: report outcomes to see accuracy."
            : `${formatPercent(totals.accuracy.value)} of predictions with feedback were right; ${rateWords(totals.accuracy, "")}.${leftOut(
                data.points.map((point) => point.accuracy.n),
                "outcomes",
              )}`
        }
        yFormat={(y) => formatPercent(y)}
        yDomain={[0, 1]}
        series={[{ id: "accuracy", label: "Right", color: 4, points: at((point) => ribbon(point.accuracy)) }]}
      />
    </div>
  );
}
