"use client";
import { Bar, BarChart, Tooltip, XAxis, YAxis } from "recharts";
import type { BarChartProps } from "./bar-chart";
import { Grid } from "./grid";
import { seriesColor } from "./types";

const FILL = { width: "100%", height: "100%" };
const AXIS = { fontSize: 12, fill: "var(--fg-subtle)" };

/** The drawing itself (recharts), loaded when a chart is shown. */
export function BarPlot({
  categories,
  series,
  stacked,
  horizontal,
  format,
}: BarChartProps & { format: (value: number) => string }) {
  const rows = categories.map((category) => ({ label: category.label, ...category.values }));
  const names = {
    dataKey: "label",
    type: "category",
    tick: AXIS,
    tickLine: false,
    axisLine: { stroke: "var(--border)" },
  } as const;
  const values = {
    type: "number",
    tick: AXIS,
    tickLine: false,
    axisLine: false,
    tickFormatter: format,
  } as const;
  return (
    <BarChart
      responsive
      style={FILL}
      data={rows}
      layout={horizontal ? "vertical" : "horizontal"}
      margin={{ top: 8, right: 28, bottom: 0, left: 0 }}
    >
      <Grid axis={horizontal ? "x" : "y"} />
      {horizontal ? <XAxis {...values} /> : <XAxis {...names} />}
      {horizontal ? <YAxis {...names} width={120} /> : <YAxis {...values} width={52} />}
      <Tooltip
        isAnimationActive={false}
        formatter={(value) => format(Number(value))}
        contentStyle={{
          background: "var(--surface-raised)",
          border: "1px solid var(--border)",
          borderRadius: 6,
          fontSize: 12,
          padding: "6px 8px",
        }}
        labelStyle={{ color: "var(--fg-muted)" }}
        itemStyle={{ color: "var(--fg)", padding: 0 }}
        cursor={{ fill: "var(--surface-hover)" }}
      />
      {series.map((item, index) => (
        <Bar
          key={item.id}
          name={item.label}
          dataKey={item.id}
          fill={seriesColor(item, index)}
          stackId={stacked ? "all" : undefined}
          isAnimationActive={false}
          maxBarSize={36}
          radius={stacked ? 0 : 2}
        />
      ))}
    </BarChart>
  );
}
