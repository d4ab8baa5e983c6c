import type { Contrast } from "./contrast";
import type { Interval } from "./wilson";

/** Sums of a measured number in one arm: enough for its mean and the variance of that mean. */
export type Moments = { readonly n: number; readonly sum: number; readonly squares: number };

/** One period in which both arms ran side by side under the same traffic share. */
export type MeanStratum = { readonly stable: Moments; readonly canary: Moments };

export const meanOf = ({ n, sum }: Moments): number => sum / n;

/** Sum of squares around the mean; rounding of sums must not make it negative. */
const scatterOf = (m: Moments): number => (m.n < 2 ? 0 : Math.max(0, m.squares - m.sum ** 2 / m.n));
const varianceOf = (m: Moments): number => scatterOf(m) / (m.n - 1);

/** z for 95 %. */
const Z95 = 1.959963984540054;

/** The mean's normal 95 % interval; null under two values. */
export function meanInterval(m: Moments): Interval | null {
  if (m.n < 2) return null;
  const half = Z95 * Math.sqrt(varianceOf(m) / m.n);
  return { low: meanOf(m) - half, high: meanOf(m) + half };
}

/** Variance of `mean1 - factor * mean0` where the canary's values are those of stable times `factor`. */
function stratumVariance({ stable, canary }: MeanStratum, factor: number): number {
  const own = varianceOf(canary) / canary.n + factor ** 2 * (varianceOf(stable) / stable.n);
  const pooled = (scatterOf(canary) + factor ** 2 * scatterOf(stable)) / (canary.n + stable.n - 2);
  return Math.max(own, pooled * (1 / canary.n + 1 / stable.n));
}

/** The most that a relative change is looked for: eleven times the stable mean. */
const MOST = 10;

/**
 * Relative change of a positive mean, canary against stable: 0.1 is "10 % larger". `mean1 - (1 + r) mean0` is judged at each `r` (Fieller),
 * so that the stable mean's own error counts. The test is asymptotic (normal mixture with estimated variances): the caller asks for a
 * least number of values. An arm whose rare large values have not come yet knows too little of its own variance, so the arms' own variances
 * count unless that of both together, scaled as the change says, is larger. Strata are weighed by `n1 n0 / (n1 + n0)`. Null while no stratum
 * has values in both arms, or the stable mean is 0.
 */
export function changeOfMean(strata: readonly MeanStratum[]): Contrast | null {
  const usable = strata.filter((s) => s.stable.n > 1 && s.canary.n > 1);
  const weight = (s: MeanStratum) => (s.canary.n * s.stable.n) / (s.canary.n + s.stable.n);
  const weights = usable.reduce((sum, s) => sum + weight(s), 0);
  const weighed = (of: (s: MeanStratum) => number) =>
    usable.reduce((sum, s) => sum + (weight(s) / weights) * of(s), 0);
  const stable = weighed((s) => meanOf(s.stable));
  if (usable.length === 0 || stable <= 0) return null;
  const varianceAt = (change: number) =>
    usable.reduce((sum, s) => sum + (weight(s) / weights) ** 2 * stratumVariance(s, 1 + change), 0);
  return {
    estimate: weighed((s) => meanOf(s.canary)) / stable - 1,
    varianceAt: (change) => varianceAt(change) / stable ** 2,
    support: { low: -1, high: MOST },
  };
}

/** Adds the values of all strata, arm by arm. */
export function sumMeans(strata: readonly MeanStratum[]): MeanStratum {
  const zero: Moments = { n: 0, sum: 0, squares: 0 };
  const add = (a: Moments, b: Moments): Moments => ({
    n: a.n + b.n,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
  });
  return strata.reduce(
    (sum, s) => ({ stable: add(sum.stable, s.stable), canary: add(sum.canary, s.canary) }),
    { stable: zero, canary: zero },
  );
}
