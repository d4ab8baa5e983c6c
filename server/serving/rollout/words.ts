import type { MetricName } from "./schemas";

/** "1.2%", with two digits below one per cent so that small rates stay readable. */
export function percent(share: number): string {
  const value = share * 100;
  const digits = value !== 0 && Math.abs(value) < 1 ? 2 : 1;
  return `${value.toFixed(digits)}%`;
}

/** "+0.8 points". */
export function points(share: number): string {
  const value = share * 100;
  const digits = Math.abs(value) < 1 ? 2 : 1;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return `${text} points`;
  return `${value > 0 ? "+" : "−"}${text} points`;
}

/** "12,345". */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** "0.0123", "1,234": a number of any size, with four significant digits. */
export function plain(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}

/** "+4.2%": a relative change. */
export function change(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  if (Number(text) === 0) return `${text}%`;
  return `${share > 0 ? "+" : "−"}${text}%`;
}

type MetricWords = {
  readonly subject: string;
  readonly unit: string;
  /** Shares differ by points; means of numbers change by per cent. */
  readonly scale: "share" | "mean";
};

export const METRIC_WORDS: Record<MetricName, MetricWords> = {
  errorRate: { subject: "Error rate", unit: "requests", scale: "share" },
  slowShare: { subject: "Share of slow requests", unit: "requests", scale: "share" },
  accuracy: { subject: "Accuracy", unit: "labelled predictions", scale: "share" },
  absoluteError: { subject: "Mean absolute error", unit: "labelled predictions", scale: "mean" },
  squaredError: { subject: "Mean squared error", unit: "labelled predictions", scale: "mean" },
};

/** How a value, a difference and a margin of a metric are written. */
export function writing(metric: MetricName) {
  if (METRIC_WORDS[metric].scale === "mean")
    return { value: plain, difference: change, margin: (share: number) => percent(share) };
  return {
    value: percent,
    difference: points,
    margin: (share: number) => percent(share).replace("%", share === 0.01 ? " point" : " points"),
  };
}
