"use client";
import { usePlotArea, useXAxisScale, useXAxisTicks, useYAxisScale, useYAxisTicks } from "recharts";

/** A line for each tick of an axis. Drawn here, like thresholds: recharts' own parts weigh more than all that they draw. */
export function Grid({ axis }: { axis: "x" | "y" }) {
  const area = usePlotArea();
  const x = { scale: useXAxisScale(), ticks: useXAxisTicks() };
  const y = { scale: useYAxisScale(), ticks: useYAxisTicks() };
  const { scale, ticks } = axis === "x" ? x : y;
  if (!area || !scale || !ticks) return null;
  return (
    <g stroke="var(--chart-grid)">
      {ticks.map(({ value }) => {
        const at = scale(value);
        return axis === "x" ? (
          <line key={String(value)} x1={at} x2={at} y1={area.y} y2={area.y + area.height} />
        ) : (
          <line key={String(value)} x1={area.x} x2={area.x + area.width} y1={at} y2={at} />
        );
      })}
    </g>
  );
}
