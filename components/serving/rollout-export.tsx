"use client";
import { ExportMenu, downloadText, toCsv } from "@/components/common/export-menu";
import { formatCount } from "@/components/common/format";
import type { RolloutView, TrafficChart } from "./types";

/** The moments of the chart as flat rows. */
function toRows(chart: TrafficChart): Record<string, unknown>[] {
  const rates = ["errorRate", "slowShare", "accuracy", "absoluteError", "squaredError"] as const;
  return chart.x.map((at, index) => {
    const row: Record<string, unknown> = { time: new Date(at * 1000).toISOString() };
    for (const arm of ["stable", "canary"] as const) {
      row[`${arm}_requests_per_second`] = chart[arm].perSecond[index];
      row[`${arm}_p50_ms`] = chart[arm].p50Ms[index];
      row[`${arm}_p99_ms`] = chart[arm].p99Ms[index];
      for (const rate of rates) {
        const { value, lo, hi, n, bad } = chart[arm][rate];
        const cells = { "": value[index], _low: lo[index], _high: hi[index], _n: n[index], _bad: bad[index] };
        for (const [end, cell] of Object.entries(cells)) row[`${arm}_${rate}${end}`] = cell;
      }
    }
    for (const [metric, difference] of Object.entries(chart.difference)) {
      row[`difference_${metric}`] = difference.value[index];
      row[`difference_${metric}_low`] = difference.lo[index];
      row[`difference_${metric}_high`] = difference.hi[index];
    }
    return row;
  });
}

/** The chart's numbers as CSV; with plan, verdicts and timeline as JSON. */
export function RolloutExport({ rollout, chart }: { rollout: RolloutView; chart: TrafficChart | undefined }) {
  if (!chart) return null;
  const save = (format: "csv" | "json") => {
    const name = `${rollout.deployment?.name ?? "rollout"}-${rollout.id}.${format}`;
    if (format === "csv") downloadText(name, toCsv(toRows(chart)), "text/csv");
    else downloadText(name, JSON.stringify({ rollout, chart }, null, 2), "application/json");
  };
  return <ExportMenu scope={formatCount(chart.x.length, "moment")} onExport={save} />;
}
