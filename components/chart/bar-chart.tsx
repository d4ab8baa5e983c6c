"use client";
import dynamic from "next/dynamic";
import { formatNumber } from "@/components/common/format";
import { ChartSkeleton } from "@/components/common/skeletons";
import { ChartFrame, ChartLegend } from "./chart-frame";
import { type ChartColor, seriesColor } from "./types";

const BarPlot = dynamic(() => import("./bar-plot").then((module) => module.BarPlot), {
  ssr: false,
  loading: () => <ChartSkeleton height={200} />,
});

export type BarSeries = { id: string; label: string; color?: ChartColor };
export type BarChartProps = {
  title: string;
  summary: string;
  categories: readonly { label: string; values: Readonly<Record<string, number | null>> }[];
  series: readonly BarSeries[];
  stacked?: boolean;
  /** Bars lie; for long names. */
  horizontal?: boolean;
  height?: number;
  format?: (value: number) => string;
};

/** Bars by category. */
export function BarChart(props: BarChartProps) {
  const { title, summary, categories, series, height = 220, format = (value) => formatNumber(value) } = props;
  return (
    <ChartFrame
      title={title}
      summary={summary}
      height={height}
      table={() => ({
        columns: ["Category", ...series.map((item) => item.label)],
        rows: categories.map((category) => [
          category.label,
          ...series.map((item) => {
            const value = category.values[item.id];
            return typeof value === "number" ? format(value) : "no data";
          }),
        ]),
      })}
      legend={
        series.length > 1 ? (
          <ChartLegend
            items={series.map((item, index) => ({
              id: item.id,
              label: item.label,
              color: seriesColor(item, index),
            }))}
          />
        ) : null
      }
    >
      <BarPlot {...props} format={format} />
    </ChartFrame>
  );
}
