"use client";
import { useTheme } from "next-themes";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { LiveChartProps } from "./live-chart";
import { formatClock } from "@/components/common/format";
import { drawBackground, drawForeground, type Ink, readInk } from "./live-draw";
import { valueRange } from "./value-range";

type PlotProps = LiveChartProps & { height: number; format: (value: number) => string };

const CALM_MS = 3000;

/** Clock times; without seconds where the axis spans minutes. */
function clockTicks(ticks: readonly number[]): string[] {
  const isLong = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) >= 240;
  return ticks.map((tick) => formatClock(tick * 1000).slice(0, isLong ? 5 : undefined));
}

/** Columns for uPlot: time, then of each series its value and, when it has an interval, its ends. */
function toData({ x, series }: PlotProps): uPlot.AlignedData {
  const columns = series.flatMap((item) =>
    item.lo && item.hi ? [item.values, item.hi, item.lo] : [item.values],
  );
  return [[...x], ...columns.map((column) => [...column])];
}

function toOptions(
  props: PlotProps,
  ink: Ink,
  width: number,
  latest: { readonly current: PlotProps },
): uPlot.Options {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  props.series.forEach((item, index) => {
    const color = ink.series[((item.color ?? (index % 8) + 1) - 1) % 8] ?? ink.axis;
    series.push({
      label: item.label,
      stroke: color,
      width: 1.75,
      dash: item.dash ? [...item.dash] : undefined,
      points: { show: false },
      value: (_, value) => (value === null ? "no data" : props.format(value)),
    });
    if (!item.lo || !item.hi) return;
    const at = series.length;
    for (const end of ["upper", "lower"])
      series.push({
        label: `${item.label} ${end}`,
        stroke: "transparent",
        width: 0,
        points: { show: false },
      });
    bands.push({ series: [at, at + 1], fill: `${color}2e` });
  });
  const axis: uPlot.Axis = {
    stroke: ink.axis,
    grid: { stroke: ink.grid, width: 1 },
    ticks: { show: false },
    font: `12px ${ink.font}`,
  };
  return {
    width,
    height: props.height,
    series,
    bands,
    legend: { show: false },
    cursor: {
      sync: props.syncKey ? { key: props.syncKey } : undefined,
      drag: { x: false, y: false },
      points: { size: 6 },
    },
    scales: {
      y: {
        range: (_, min, max) => valueRange(props.range ?? [null, null], min, max),
      },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 28,
        values: (_, ticks) => clockTicks(ticks),
      },
      { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => props.format(tick)) },
    ],
    hooks: {
      drawClear: [(plot) => drawBackground(plot, latest.current, ink)],
      draw: [(plot) => drawForeground(plot, latest.current, ink)],
    },
  };
}

/** The canvas itself (uPlot), loaded when a live chart is shown. With reduced motion it redraws at most every three seconds. */
export function LivePlot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  const drawnAt = useRef(0);
  const { resolvedTheme } = useTheme();
  const shape = props.series
    .map((item) => `${item.id}:${item.label}:${item.color ?? ""}:${item.lo ? 1 : 0}`)
    .join("|");
  // Effect: hands the newest data to the canvas, which React does not know.
  useEffect(() => {
    latest.current = props;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const wait = calm ? Math.max(0, drawnAt.current + CALM_MS - Date.now()) : 0;
    const timer = setTimeout(() => {
      drawnAt.current = Date.now();
      plot.current?.setData(toData(latest.current));
    }, wait);
    return () => clearTimeout(timer);
  });
  // Effect: builds the canvas, anew when the series or the theme change, and follows the box's width.
  useEffect(() => {
    const host = box.current;
    if (!host || (shape === "" && resolvedTheme === undefined)) return undefined;
    const made = new uPlot(
      toOptions(latest.current, readInk(host), host.clientWidth, latest),
      toData(latest.current),
      host,
    );
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: host.clientWidth, height: latest.current.height }),
    );
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, resolvedTheme]);
  return <div ref={box} aria-hidden data-mark className="w-full min-w-0" />;
}
