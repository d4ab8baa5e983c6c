import type { Contrast } from "./contrast";

/** Counts of a yes/no outcome in one arm: `events` of `n` trials. */
export type Proportion = { readonly events: number; readonly n: number };

/** One period in which both arms ran side by side under the same traffic share. */
export type Stratum = { readonly stable: Proportion; readonly canary: Proportion };

/** An estimated difference canary minus stable with its variance under one hypothesis. */
export type Difference = { readonly difference: number; readonly variance: number };

/**
 * The stable arm's rate that explains the counts best when the canary's is exactly `by` higher: the cubic's root in closed form
 * (Miettinen and Nurminen 1985; Farrington and Manning 1990).
 */
export function rateGivenDifference({ stable, canary }: Stratum, by: number): number {
  const n = canary.n + stable.n;
  const events = canary.events + stable.events;
  if (by === 0) return events / n;
  const l2 = (canary.n + 2 * stable.n) * by - n - events;
  const l1 = (stable.n * by - n - 2 * stable.events) * by + events;
  const l0 = stable.events * by * (1 - by);
  const third = l2 / (3 * n);
  const q = third ** 3 - (l1 * l2) / (6 * n * n) + l0 / (2 * n);
  const size = Math.sqrt(Math.max(0, third * third - l1 / (3 * n)));
  const p = q < 0 ? -size : size;
  const turn = p === 0 ? 0 : Math.min(1, Math.max(-1, q / p ** 3));
  const rate = 2 * p * Math.cos((Math.PI + Math.acos(turn)) / 3) - third;
  return Math.min(Math.min(1, 1 - by), Math.max(Math.max(0, -by), rate));
}

function stratumVariance(stratum: Stratum, by: number): number {
  const stable = rateGivenDifference(stratum, by);
  const canary = Math.min(1, Math.max(0, stable + by));
  return (canary * (1 - canary)) / stratum.canary.n + (stable * (1 - stable)) / stratum.stable.n;
}

/**
 * Difference of two proportions over strata with Mantel-Haenszel weights `n1 n0 / (n1 + n0)`. With one stratum it is the plain
 * difference. Strata keep a change of traffic share from mixing time of day into the comparison. The variance is that of the score test:
 * by the rates that fit the counts best among those with the difference asked about, pooled where it is none. Returns null while no stratum
 * has trials in both arms.
 */
export function differenceOfProportions(strata: readonly Stratum[]): Contrast | null {
  const usable = strata.filter((s) => s.stable.n > 0 && s.canary.n > 0);
  if (usable.length === 0) return null;
  const weighed = usable.map((s) => ({
    ...s,
    weight: (s.canary.n * s.stable.n) / (s.canary.n + s.stable.n),
  }));
  const weights = weighed.reduce((sum, s) => sum + s.weight, 0);
  const difference = (s: Stratum) => s.canary.events / s.canary.n - s.stable.events / s.stable.n;
  return {
    estimate: weighed.reduce((sum, s) => sum + s.weight * difference(s), 0) / weights,
    varianceAt: (by) =>
      weighed.reduce((sum, s) => sum + s.weight ** 2 * stratumVariance(s, by), 0) / weights ** 2,
    support: { low: -1, high: 1 },
  };
}

/** Adds the counts of all strata, arm by arm. */
export function sumStrata(strata: readonly Stratum[]): Stratum {
  const add = (a: Proportion, b: Proportion): Proportion => ({ events: a.events + b.events, n: a.n + b.n });
  const zero: Stratum = { stable: { events: 0, n: 0 }, canary: { events: 0, n: 0 } };
  return strata.reduce(
    (sum, s) => ({ stable: add(sum.stable, s.stable), canary: add(sum.canary, s.canary) }),
    zero,
  );
}
