"use client";
import { Bar, BarChart, Tooltip, XAxis, YAxis } from "recharts";
import type { BarChartProps } from "./bar-chart";
import { Grid } from "./grid";
import { BASE_AXIS, FILL, TOOLTIP, VALUE_AXIS, VALUE_AXIS_WIDTH } from "./plot-style";
import { seriesColor } from "./types";

/** The drawing itself (recharts), loaded when a chart is shown. */
export function BarPlot({
  categories,
  series,
  stacked,
  horizontal,
  format,
}: BarChartProps & { format: (value: number) => string }) {
  const rows = categories.map((category) => ({ label: category.label, ...category.values }));
  const names = { ...BASE_AXIS, dataKey: "label", type: "category" } as const;
  const values = { ...VALUE_AXIS, type: "number", tickFormatter: format } as const;
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
      {horizontal ? <YAxis {...names} width={120} /> : <YAxis {...values} width={VALUE_AXIS_WIDTH} />}
      <Tooltip
        {...TOOLTIP}
        formatter={(value) => format(Number(value))}
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
