"use client";
import { Area, ComposedChart, Tooltip, XAxis, YAxis, usePlotArea, useYAxisScale } from "recharts";
import { Grid } from "./grid";
import type { LineChartProps } from "./line-chart";
import { BASE_AXIS, FILL, TOOLTIP, VALUE_AXIS, VALUE_AXIS_WIDTH } from "./plot-style";
import { type ChartSeries, seriesColor, seriesDash } from "./types";

type Row = { x: number } & Record<string, number | readonly [number, number] | null>;

/** Series with their own x values as rows of one table; a value that is missing is `null`, which is drawn as a gap. */
function toRows(series: readonly ChartSeries[]): Row[] {
  const rows = new Map<number, Row>();
  for (const item of series) {
    for (const point of item.points) {
      const row: Row = rows.get(point.x) ?? { x: point.x };
      row[item.id] = point.y;
      if (typeof point.lo === "number" && typeof point.hi === "number")
        row[`${item.id}:interval`] = [point.lo, point.hi];
      rows.set(point.x, row);
    }
  }
  return [...rows.values()].sort((a, b) => a.x - b.x);
}

/** Gaps are kept for one series; of several with different x values, only real `null`s break a line. */
function sharesX(series: readonly ChartSeries[]): boolean {
  const first = series[0];
  return series.every(
    (item) =>
      item.points.length === first?.points.length &&
      item.points.every((point, index) => point.x === first.points[index]?.x),
  );
}

function Threshold({ value, label }: { value: number; label: string }) {
  const area = usePlotArea();
  const y = useYAxisScale()?.(value);
  // A bound far from what is drawn has no place in the picture.
  if (!area || y === undefined || y < area.y || y > area.y + area.height) return null;
  const end = area.x + area.width;
  return (
    <g>
      <line x1={area.x} x2={end} y1={y} y2={y} stroke="var(--negative)" strokeDasharray="4 4" />
      <text x={end - 5} y={y + 16} textAnchor="end" fontSize={12} fill="var(--fg-muted)">
        {label}
      </text>
    </g>
  );
}

type LinePlotProps = LineChartProps & {
  xFormat: (x: number) => string;
  yFormat: (y: number) => string;
  log: boolean;
};

/** The drawing itself (recharts), loaded when a chart is shown. */
export function LinePlot({
  series,
  xFormat,
  yFormat,
  xLabel,
  syncId,
  log,
  thresholds = [],
  area,
  yDomain,
}: LinePlotProps) {
  const rows = toRows(series);
  const connect = !sharesX(series);
  return (
    <ComposedChart
      responsive
      style={FILL}
      data={rows}
      syncId={syncId}
      syncMethod="value"
      margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
    >
      <Grid axis="y" />
      <XAxis
        dataKey="x"
        type="number"
        domain={["dataMin", "dataMax"]}
        tickFormatter={xFormat}
        minTickGap={32}
        {...BASE_AXIS}
      />
      <YAxis
        scale={log ? "log" : "auto"}
        domain={yDomain ? [...yDomain] : ["auto", "auto"]}
        allowDataOverflow={log}
        tickFormatter={yFormat}
        width={VALUE_AXIS_WIDTH}
        {...VALUE_AXIS}
      />
      <Tooltip
        {...TOOLTIP}
        labelFormatter={(x) => `${xLabel} ${typeof x === "number" ? xFormat(x) : String(x)}`}
        formatter={(value) =>
          Array.isArray(value)
            ? value.map((end) => yFormat(Number(end))).join(" to ")
            : yFormat(Number(value))
        }
        cursor={{ stroke: "var(--border-strong)" }}
      />
      {thresholds.map((line) => (
        <Threshold key={line.label} {...line} />
      ))}
      {series.map((item, index) =>
        item.points.some((point) => typeof point.lo === "number") ? (
          <Area
            key={`${item.id}:interval`}
            name={`${item.label} interval`}
            dataKey={`${item.id}:interval`}
            stroke="none"
            fill={seriesColor(item, index)}
            fillOpacity={0.16}
            isAnimationActive={false}
            activeDot={false}
            connectNulls={connect}
          />
        ) : null,
      )}
      {series.map((item, index) => {
        const color = seriesColor(item, index);
        const single = item.points.length === 1;
        const common = {
          name: item.label,
          dataKey: item.id,
          stroke: color,
          strokeWidth: 1.75,
          isAnimationActive: false,
          connectNulls: connect,
          dot: single ? { r: 3, fill: color } : false,
        };
        // A line is an area without a fill: recharts' own lines would be code of their own.
        return (
          <Area
            key={item.id}
            {...common}
            fill={area ? color : "none"}
            fillOpacity={0.1}
            strokeDasharray={area ? undefined : seriesDash(item, index)}
          />
        );
      })}
    </ComposedChart>
  );
}
