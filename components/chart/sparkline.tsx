import { type ChartColor, seriesColor } from "./types";

export type SparklineProps = {
  values: readonly (number | null)[];
  /** What it shows, in words with the last value. */ label: string;
  width?: number;
  height?: number;
  color?: ChartColor;
};

/** A word-sized line in plain SVG; `null` breaks it. */
export function Sparkline({ values, label, width = 96, height = 24, color = 1 }: SparklineProps) {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const min = Math.min(...known);
  const span = Math.max(...known) - min || 1;
  const step = values.length > 1 ? (width - 4) / (values.length - 1) : 0;
  let pen = "M";
  let last: { x: number; y: number } | null = null;
  let path = "";
  values.forEach((value, index) => {
    if (value === null || !Number.isFinite(value)) {
      pen = "M";
      return;
    }
    last = { x: 2 + index * step, y: height - 3 - ((value - min) / span) * (height - 6) };
    path += `${pen}${last.x.toFixed(1)} ${last.y.toFixed(1)}`;
    pen = "L";
  });
  const end = last as { x: number; y: number } | null;
  return (
    <svg
      data-mark
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- an inline svg is an image only by role
      role="img"
      aria-label={known.length === 0 ? `${label}: no data` : label}
      width={width}
      height={height}
      className="shrink-0 overflow-visible"
    >
      <path
        d={path}
        fill="none"
        stroke={seriesColor({ color }, 0)}
        strokeWidth="1.5"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
      {end ? <circle cx={end.x} cy={end.y} r="2" fill={seriesColor({ color }, 0)} /> : null}
    </svg>
  );
}
