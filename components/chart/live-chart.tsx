"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { formatClock, formatMetric } from "@/components/common/format";
import { ChartSkeleton } from "@/components/common/skeletons";
import { ChartFrame, ChartLegend, type ChartTable } from "./chart-frame";
import { type ChartColor, seriesColor } from "./types";

const LivePlot = dynamic(() => import("./live-plot").then((module) => module.LivePlot), {
  ssr: false,
  loading: () => <ChartSkeleton height={200} />,
});

export type LiveSeries = {
  id: string;
  label: string;
  color?: ChartColor;
  /** In pixels, as canvas takes it: [6, 3]. */
  dash?: readonly number[];
  /** One value a moment of `x`; `null` is no data. */
  values: readonly (number | null)[];
  lo?: readonly (number | null)[];
  hi?: readonly (number | null)[];
  /** Shown in the legend: "n = 1,204". */
  note?: string;
};

export type LiveChartProps = {
  title: string;
  /** One sentence with the numbers of the moment; also what a screen reader gets. */
  summary: string;
  /** Moments in seconds since the epoch, ascending. */
  x: readonly number[];
  series: readonly LiveSeries[];
  /** Drawn behind the plot: the stages of a rollout. `to: null` reaches to the right edge. */
  stages?: readonly { from: number; to: number | null; label: string }[];
  /** Vertical lines: deploy, alert, decision. */
  markers?: readonly { at: number; label: string; tone?: "neutral" | "positive" | "negative" | "warning" }[];
  thresholds?: readonly { value: number; label: string }[];
  format?: (value: number) => string;
  height?: number;
  /** Charts with the same key share their crosshair. */
  syncKey?: string;
  /** Fixed ends of the value axis. */
  range?: readonly [number | null, number | null];
  /** A verdict chip, a freshness dot. */
  controls?: ReactNode;
};

const TABLE_ROWS = 300;

function toTable({
  x,
  series,
  stages = [],
  format = (value) => formatMetric(value),
}: LiveChartProps): ChartTable {
  const from = Math.max(0, x.length - TABLE_ROWS);
  const show = (value: number | null | undefined) => (typeof value === "number" ? format(value) : "no data");
  const rows = x.slice(from).map((at, offset) => {
    const index = from + offset;
    const stage = stages.findLast((band) => at >= band.from && (band.to === null || at < band.to));
    const cells = series.map((item) =>
      item.lo && item.hi && typeof item.values[index] === "number"
        ? `${show(item.values[index])} (${show(item.lo[index])} to ${show(item.hi[index])})`
        : show(item.values[index]),
    );
    return [formatClock(at * 1000), stage?.label ?? "", ...cells];
  });
  return {
    columns: ["Time", "Stage", ...series.map((item) => item.label)],
    rows: rows.reverse(),
    note: from > 0 ? `The last ${TABLE_ROWS} of ${x.length} moments, newest first.` : "Newest first.",
  };
}

/** A streaming chart on canvas: lines, interval ribbons, stage bands, markers, hatching where there is no data. */
export function LiveChart(props: LiveChartProps) {
  const { title, summary, series, controls, height = 220, format = (value) => formatMetric(value) } = props;
  return (
    <ChartFrame
      title={title}
      summary={summary}
      table={() => toTable(props)}
      controls={controls}
      height={height}
      legend={
        <ChartLegend
          items={series.map((item, index) => ({
            id: item.id,
            label: item.label,
            color: seriesColor(item, index),
            dash: item.dash?.join(" "),
            note: item.note,
          }))}
        />
      }
    >
      <LivePlot {...props} height={height} format={format} />
    </ChartFrame>
  );
}
