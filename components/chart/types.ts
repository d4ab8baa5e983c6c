/** A number of the colour-blind-safe palette (`--chart-1` … `--chart-8`). */
export type ChartColor = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** One measurement. `y: null` is a gap and is drawn as one. `lo` and `hi` bound its interval. */
export type ChartPoint = { x: number; y: number | null; lo?: number | null; hi?: number | null };

export type ChartSeries = {
  id: string;
  label: string;
  points: readonly ChartPoint[];
  color?: ChartColor;
  /** A second means besides colour to tell lines apart; set by position when left out. */
  dash?: string;
};

const COLORS = 8;
const DASHES = [undefined, "6 3", "2 3", "8 3 2 3"];

/** The colour of a series as CSS, by its own wish or by position. */
export function seriesColor(series: { color?: ChartColor }, index: number): string {
  return `var(--chart-${series.color ?? (index % COLORS) + 1})`;
}

/** The dash of a series, by its own wish or by position: where the colours begin again, each meets another dash, so that 32 series differ. */
export function seriesDash(series: { dash?: string }, index: number): string | undefined {
  return series.dash ?? DASHES[(index + Math.floor(index / COLORS)) % DASHES.length];
}

/**
 * Exponential moving average with debias, as training dashboards do it: s ← w·s + (1−w)·y, shown as s / (1 − w^n).
 * `weight` 0 ≤ w < 1; gaps stay gaps and do not reset it.
 */
export function smooth(points: readonly ChartPoint[], weight: number): ChartPoint[] {
  if (weight <= 0) return [...points];
  let state = 0;
  let count = 0;
  return points.map((point) => {
    if (point.y === null) return { x: point.x, y: null };
    state = weight * state + (1 - weight) * point.y;
    count += 1;
    return { x: point.x, y: state / (1 - weight ** count) };
  });
}
