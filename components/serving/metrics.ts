import { formatDuration, formatPercent } from "@/components/common/format";
import type { LiveSeries } from "@/components/chart/live-chart";
import type { TrafficChart } from "./types";

export const METRICS = [
  "errorRate",
  "slowShare",
  "accuracy",
  "absoluteError",
  "squaredError",
  "latency",
] as const;
export type Metric = (typeof METRICS)[number];
export type RateMetric = Exclude<Metric, "latency">;
const MEANS: ReadonlySet<Metric> = new Set(["absoluteError", "squaredError"]);
/** A mean of numbers in the target's own unit, not a share. */
export const isMean = (metric: Metric): boolean => MEANS.has(metric);

type Words = { label: string; short: string; trials: string; bad: string };
export const WORDS: Record<Metric, Words> = {
  errorRate: { label: "Error rate", short: "Errors", trials: "requests", bad: "errors" },
  slowShare: { label: "Share of slow requests", short: "Slow", trials: "requests", bad: "slow" },
  accuracy: { label: "Accuracy", short: "Accuracy", trials: "labelled predictions", bad: "wrong" },
  absoluteError: {
    label: "Mean absolute error",
    short: "Abs. error",
    trials: "labelled predictions",
    bad: "",
  },
  squaredError: { label: "Mean squared error", short: "Sq. error", trials: "labelled predictions", bad: "" },
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

/** "+4.2%": how much a mean changed. */
function showChange(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  if (Number(text) === 0) return "0%";
  return `${share > 0 ? "+" : "−"}${text}%`;
}

/** A difference of two arms as the metric's differences are said. */
export const showDifference = (metric: Metric, value: number): string =>
  isMean(metric) ? showChange(value) : showPoints(value);

export function showValue(metric: Metric, value: number): string {
  if (metric === "latency") return formatDuration(value);
  return isMean(metric) ? value.toLocaleString("en-US", { maximumSignificantDigits: 4 }) : showShare(value);
}

const ARMS = [
  { id: "stable", label: "Stable", color: 1, dash: undefined },
  { id: "canary", label: "Canary", color: 2, dash: [7, 3] },
] as const;

const last = <T>(values: readonly T[]): T | undefined => values.at(-1);
const grouped = (value: number | undefined) => (value ?? 0).toLocaleString("en-US");

/** Silence shorter than this is the pause between two requests, not missing data. */
const SILENT_S = 10;

/** Which moments lie in a stretch without any request in either arm; there the chart shows that it knows nothing new. */
export function silence(chart: TrafficChart): boolean[] {
  const idle = chart.x.map((_, i) => !chart.stable.perSecond[i] && !chart.canary.perSecond[i]);
  const least = Math.max(3, Math.ceil(SILENT_S / chart.step));
  const mask = idle.map(() => false);
  let start = 0;
  for (let i = 0; i <= idle.length; i += 1) {
    if (idle[i]) continue;
    if (i - start >= least) mask.fill(true, start, i);
    start = i + 1;
  }
  return mask;
}

/** Takes out what lies in silence, so that it is hatched instead of drawn on. */
export function without(mask: readonly boolean[], values: readonly (number | null)[]): (number | null)[] {
  return values.map((value, index) => (mask[index] ? null : value));
}

/** First intervals are as wide as the axis: it is scaled to three times where they end, and to every later value. */
export function rateRange(chart: TrafficChart, metric: Metric): [number | null, number | null] {
  if (!isRate(metric) || isMean(metric)) return [0, null];
  const ends = (["stable", "canary"] as const).map((arm) => chart[arm][metric]);
  const toBad = (share: number) => (metric === "accuracy" ? 1 - share : share);
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const settled = ends.flatMap(({ value, n }) =>
    known(value.filter((_, index) => (n[index] ?? 0) >= 20)).map(toBad),
  );
  const last = ends.flatMap(({ lo, hi }) =>
    known([(metric === "accuracy" ? lo : hi).at(-1) ?? null]).map(toBad),
  );
  if (last.length === 0) return metric === "accuracy" ? [0, 1] : [0, null];
  const far = Math.min(
    1,
    Math.max(0.01, ...last.map((value) => value * 2.5), ...settled.map((value) => value * 1.15)),
  );
  return metric === "accuracy" ? [1 - far, 1] : [0, far];
}

/** The two lines of one metric with their intervals; latency as two quantiles each. */
export function seriesOf(chart: TrafficChart, metric: Metric): LiveSeries[] {
  const silent = silence(chart);
  const cut = (values: readonly (number | null)[]) => without(silent, values);
  return ARMS.flatMap(({ id, label, color, dash }): LiveSeries[] => {
    const arm = chart[id];
    if (isRate(metric)) {
      const { value, lo, hi, n, bad } = arm[metric];
      const note = isMean(metric)
        ? `n = ${grouped(last(n))}`
        : `n = ${grouped(last(n))}, ${grouped(last(bad))} ${WORDS[metric].bad}`;
      return [{ id, label, color, dash, values: cut(value), lo: cut(lo), hi: cut(hi), note }];
    }
    const n = last(arm.requests) ?? 0;
    return [
      { id: `${id}-p50`, label: `${label} p50`, color, values: cut(arm.p50Ms), note: `n = ${grouped(n)}` },
      {
        id: `${id}-p99`,
        label: `${label} p99`,
        color,
        dash: [3, 3],
        values: cut(arm.p99Ms),
        note: n < 300 ? "drawn from 300 requests on" : undefined,
      },
    ];
  });
}
