/** Counts of a yes/no outcome in one arm: `events` of `n` trials. */
export type Proportion = { readonly events: number; readonly n: number };

/** One period in which both arms ran side by side under the same traffic share. */
export type Stratum = { readonly stable: Proportion; readonly canary: Proportion };

/** An estimated difference canary minus stable with its variance under the pooled rate. */
export type Difference = { readonly difference: number; readonly variance: number };

function stratumVariance(rate: number, { stable, canary }: Stratum): number {
  return rate * (1 - rate) * (1 / canary.n + 1 / stable.n);
}

/** The pooled rate is smoothed only where it would claim certainty (0 or 1), so that zero events never give a zero width. */
function smoothedRate(events: number, n: number): number {
  return events === 0 || events === n ? (events + 0.5) / (n + 1) : events / n;
}

/**
 * Difference of two proportions over strata with Mantel-Haenszel weights `n1 n0 / (n1 + n0)` and pooled variance
 * `p (1 - p) (1/n1 + 1/n0)` per stratum. With one stratum it is the plain difference. Strata keep a change of traffic share
 * from mixing time of day into the comparison. Returns null while no stratum has trials in both arms.
 */
export function differenceOfProportions(strata: readonly Stratum[]): Difference | null {
  const usable = strata.filter((s) => s.stable.n > 0 && s.canary.n > 0);
  if (usable.length === 0) return null;
  let weights = 0;
  let weighted = 0;
  let variance = 0;
  for (const s of usable) {
    const weight = (s.canary.n * s.stable.n) / (s.canary.n + s.stable.n);
    const events = s.canary.events + s.stable.events;
    const n = s.canary.n + s.stable.n;
    const rate = usable.length === 1 ? smoothedRate(events, n) : events / n;
    weights += weight;
    weighted += weight * (s.canary.events / s.canary.n - s.stable.events / s.stable.n);
    variance += weight * weight * stratumVariance(rate, s);
  }
  if (variance > 0) return { difference: weighted / weights, variance: variance / (weights * weights) };
  const total = sumStrata(usable);
  const rate = smoothedRate(total.canary.events + total.stable.events, total.canary.n + total.stable.n);
  return { difference: weighted / weights, variance: stratumVariance(rate, total) };
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
