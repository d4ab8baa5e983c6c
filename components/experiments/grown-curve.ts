import { downsample, type MetricPoint } from "@/server/experiments/rules";

export interface ShownCurve {
  total: number;
  gaps: number;
  since: string;
  points: MetricPoint[];
}

/** As many as a chart is given at first; it may grow to twice that before it is thinned again. */
const MOST_POINTS = 1_000;

const nameOf = ({ step, timestampMs, value }: MetricPoint) => `${step} ${timestampMs} ${value}`;

/** A curve with the points that were added, each once, in their order; thinned as the server thins. */
export function grownCurve<C extends ShownCurve>(
  curve: C,
  added: readonly MetricPoint[],
  now: { total: number; gaps: number; since: string },
): C {
  const all = new Map([...curve.points, ...added].map((point) => [nameOf(point), point]));
  const points = [...all.values()].toSorted(
    (a, b) =>
      a.step - b.step || a.timestampMs - b.timestampMs || (a.value ?? Infinity) - (b.value ?? Infinity),
  );
  return {
    ...curve,
    ...now,
    points: points.length > 2 * MOST_POINTS ? downsample(points, MOST_POINTS) : points,
  };
}

/** Where a curve ends: beyond it everything is new. */
export const endOf = ({ points }: ShownCurve): [number, number] | null => {
  const last = points.at(-1);
  return last ? [last.step, last.timestampMs] : null;
};
