import { formatDuration, formatPercent } from "@/components/common/format";
import type { LiveSeries } from "@/components/chart/live-chart";
import type { TrafficChart } from "./types";

export const METRICS = ["errorRate", "slowShare", "accuracy", "latency"] as const;
export type Metric = (typeof METRICS)[number];
export type RateMetric = Exclude<Metric, "latency">;

type Words = { label: string; short: string; trials: string; bad: string };
export const WORDS: Record<Metric, Words> = {
  errorRate: { label: "Error rate", short: "Errors", trials: "requests", bad: "errors" },
  slowShare: { label: "Share of slow requests", short: "Slow", trials: "requests", bad: "slow" },
  accuracy: { label: "Accuracy", short: "Accuracy", trials: "labelled predictions", bad: "wrong" },
  latency: { label: "Latency", short: "Latency", trials: "requests", bad: "" },
};

export const isRate = (metric: Metric): metric is RateMetric => metric !== "latency";

/** "0.83%": two digits below one per cent, so that small rates stay readable. */
export function showShare(share: number): string {
  return formatPercent(share, Math.abs(share) < 0.01 ? 2 : 1);
}

/** "+0.8 pt": a difference of shares in percentage points. */
export function showPoints(share: number): string {
  const value = share * 100;
  const text = Math.abs(value).toFixed(Math.abs(value) < 1 ? 2 : 1);
  if (Number(text) === 0) return "0 pt";
  return `${value > 0 ? "+" : "−"}${text} pt`;
}

export function showValue(metric: Metric, value: number): string {
  return metric === "latency" ? formatDuration(value) : showShare(value);
}

const ARMS = [
  { id: "stable", label: "Stable", color: 1, dash: undefined },
  { id: "canary", label: "Canary", color: 2, dash: [7, 3] },
] as const;

const last = <T>(values: readonly T[]): T | undefined => values.at(-1);
const grouped = (value: number | undefined) => (value ?? 0).toLocaleString("en-US");

/** The two lines of one metric with their intervals; latency as two quantiles each. */
export function seriesOf(chart: TrafficChart, metric: Metric): LiveSeries[] {
  return ARMS.flatMap(({ id, label, color, dash }): LiveSeries[] => {
    const arm = chart[id];
    if (isRate(metric)) {
      const { value, lo, hi, n, bad } = arm[metric];
      const note = `n = ${grouped(last(n))}, ${grouped(last(bad))} ${WORDS[metric].bad}`;
      return [{ id, label, color, dash, values: value, lo, hi, note }];
    }
    const n = last(arm.requests) ?? 0;
    return [
      { id: `${id}-p50`, label: `${label} p50`, color, values: arm.p50Ms, note: `n = ${grouped(n)}` },
      {
        id: `${id}-p99`,
        label: `${label} p99`,
        color,
        dash: [3, 3],
        values: arm.p99Ms,
        note: n < 300 ? "drawn from 300 requests on" : undefined,
      },
    ];
  });
}
