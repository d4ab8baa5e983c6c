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

type MetricWords = { readonly subject: string; readonly unit: string };

export const METRIC_WORDS: Record<MetricName, MetricWords> = {
  errorRate: { subject: "Error rate", unit: "requests" },
  slowShare: { subject: "Share of slow requests", unit: "requests" },
  accuracy: { subject: "Accuracy", unit: "labelled predictions" },
};
