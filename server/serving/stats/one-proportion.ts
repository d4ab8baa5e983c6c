import type { Proportion } from "./proportion";
import type { Interval } from "./wilson";

/** Lanczos coefficients (g = 7, n = 9). */
const LANCZOS_FIRST = 0.99999999999980993;
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** log Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1;
  const sum = LANCZOS.reduce((total, c, i) => total + c / (z + i + 1), LANCZOS_FIRST);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Jeffreys' prior: the mixture over all rates. */
const A = 0.5;

/**
 * log of the mixture likelihood ratio against one rate (Robbins 1970, with a Beta mixture): a martingale when the rate is true, exactly and
 * for any number of events, so that looking after every trial is allowed.
 */
export function logEvidenceAgainstRate({ events, n }: Proportion, rate: number): number {
  const misses = n - events;
  if ((rate <= 0 && events > 0) || (rate >= 1 && misses > 0)) return Number.POSITIVE_INFINITY;
  const likelihood =
    (events > 0 ? events * Math.log(rate) : 0) + (misses > 0 ? misses * Math.log(1 - rate) : 0);
  return logBeta(A + events, A + misses) - logBeta(A, A) - likelihood;
}

/** What is known of a rate against a limit, at every look at once: shown under it, shown over it, or neither. */
export function judgeLimit(seen: Proportion, limit: number, alpha: number): "kept" | "broken" | "open" {
  if (seen.n === 0 || logEvidenceAgainstRate(seen, limit) < Math.log(1 / alpha)) return "open";
  return seen.events / seen.n <= limit ? "kept" : "broken";
}

const STEPS = 32;

/** The rates that no look excludes. */
export function rateSequence(seen: Proportion, alpha: number): Interval | null {
  if (seen.n === 0) return null;
  const limit = Math.log(1 / alpha);
  const end = (far: number): number => {
    if (logEvidenceAgainstRate(seen, far) < limit) return far;
    let inside = seen.events / seen.n;
    let outside = far;
    for (let step = 0; step < STEPS; step += 1) {
      const middle = (inside + outside) / 2;
      if (logEvidenceAgainstRate(seen, middle) >= limit) outside = middle;
      else inside = middle;
    }
    return outside;
  };
  return { low: end(0), high: end(1) };
}
