"use client";
import dynamic from "next/dynamic";
import { useState } from "react";
import { formatMetric } from "@/components/common/format";
import { ChartSkeleton } from "@/components/common/skeletons";
import { Button } from "@/components/ui/button";
import { NativeSelect } from "@/components/ui/select";
import { ChartFrame, ChartLegend, type ChartTable } from "./chart-frame";
import { type ChartSeries, seriesColor, seriesDash, smooth } from "./types";

const LinePlot = dynamic(() => import("./line-plot").then((module) => module.LinePlot), {
  ssr: false,
  loading: () => <ChartSkeleton height={200} />,
});

export type LineChartProps = {
  title: string;
  summary: string;
  /** At most ten series of a thousand points: have the server thin them out. */
  series: readonly ChartSeries[];
  xLabel: string;
  xFormat?: (x: number) => string;
  yFormat?: (y: number) => string;
  /** Charts with the same id share their hover. */
  syncId?: string;
  height?: number;
  /** Offer a logarithmic axis and smoothing (training curves). */
  tools?: boolean;
  thresholds?: readonly { value: number; label: string }[];
  /** Fill below the line; intervals are drawn either way. */
  area?: boolean;
  yDomain?: readonly [number | "auto", number | "auto"];
  /** Said in the plot's place when no series has a value. */
  blank?: string;
};

const TABLE_ROWS = 500;

function toTable(
  series: readonly ChartSeries[],
  xLabel: string,
  xFormat: (x: number) => string,
  yFormat: (y: number) => string,
): ChartTable {
  const xs = [...new Set(series.flatMap((item) => item.points.map((point) => point.x)))].sort(
    (a, b) => a - b,
  );
  const byX = series.map((item) => new Map(item.points.map((point) => [point.x, point])));
  const shown = xs.slice(-TABLE_ROWS);
  const rows = shown.map((x) => [
    xFormat(x),
    ...byX.map((points) => {
      const point = points.get(x);
      if (!point || point.y === null) return "no data";
      const interval =
        typeof point.lo === "number" && typeof point.hi === "number"
          ? ` (${yFormat(point.lo)} to ${yFormat(point.hi)})`
          : "";
      return `${yFormat(point.y)}${interval}`;
    }),
  ]);
  return {
    columns: [xLabel, ...series.map((item) => item.label)],
    rows,
    note: xs.length > shown.length ? `The last ${TABLE_ROWS} of ${xs.length} points.` : undefined,
  };
}

/** Whether lines are asked for, and none has anything to draw. */
const isBlank = (series: readonly ChartSeries[]) =>
  series.length > 0 && !series.some((item) => item.points.some((point) => Number.isFinite(point.y)));

/** Lines with interval ribbons; gaps stay gaps; hover can be shared; a smoothed line says that it is smoothed. */
export function LineChart(props: LineChartProps) {
  const {
    title,
    summary,
    series,
    xLabel,
    xFormat = (x) => formatMetric(x),
    yFormat = (y) => formatMetric(y),
    height = 220,
    tools,
    blank = "No data in this window",
  } = props;
  const [log, setLog] = useState(false);
  const [weight, setWeight] = useState(0);
  const drawn =
    weight > 0 ? series.map((item) => ({ ...item, points: smooth(item.points, weight) })) : series;
  const positive = series.every((item) => item.points.every((point) => point.y === null || point.y > 0));
  const controls = tools ? (
    <>
      <NativeSelect
        aria-label="Smoothing"
        className="w-auto"
        value={String(weight)}
        onChange={(event) => setWeight(Number(event.target.value))}
      >
        <option value="0">No smoothing</option>
        <option value="0.6">Smoothed 0.6</option>
        <option value="0.9">Smoothed 0.9</option>
      </NativeSelect>
      <Button
        size="sm"
        variant={log ? "secondary" : "ghost"}
        aria-pressed={log}
        disabled={!positive}
        title={positive ? undefined : "Values at or below zero have no logarithm"}
        onClick={() => setLog(!log)}
      >
        Log
      </Button>
    </>
  ) : null;
  return (
    <ChartFrame
      title={title}
      summary={
        weight > 0
          ? `${summary} Lines are smoothed (weight ${weight}); the table has the raw values.`
          : summary
      }
      table={() => toTable(series, xLabel, xFormat, yFormat)}
      controls={controls}
      legend={
        series.length > 1 ? (
          <ChartLegend
            items={series.map((item, index) => ({
              id: item.id,
              label: item.label,
              color: seriesColor(item, index),
              dash: seriesDash(item, index),
            }))}
          />
        ) : null
      }
      height={height}
    >
      {isBlank(series) ? (
        <p className="flex h-full items-center justify-center rounded-md border text-sm text-fg-muted">
          {blank}
        </p>
      ) : (
        <LinePlot {...props} series={drawn} xFormat={xFormat} yFormat={yFormat} log={log && positive} />
      )}
    </ChartFrame>
  );
}
