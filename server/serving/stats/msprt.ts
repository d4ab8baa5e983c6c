import type { Difference } from "./proportion";

/*
 * Mixture sequential probability ratio test for a difference with a normal mixture N(0, tau^2)
 * (Johari, Pekelis, Walsh, "Always valid inference"; Robbins 1970). Every result may be looked at after
 * every request: the chance of ever rejecting a true null stays below alpha.
 */

/** log of `Lambda = sqrt(V/(V+tau^2)) exp(tau^2 d^2 / (2 V (V+tau^2)))`. Logs, because Lambda overflows for plain outages. */
export function logLikelihoodRatio({ difference, variance }: Difference, tau: number): number {
  const t2 = tau * tau;
  const total = variance + t2;
  return 0.5 * Math.log(variance / total) + (t2 * difference * difference) / (2 * variance * total);
}

/** The mixture likelihood ratio Lambda; may be Infinity for extreme evidence. */
export function likelihoodRatio(difference: Difference, tau: number): number {
  return Math.exp(logLikelihoodRatio(difference, tau));
}

/** Always-valid two-sided p at this look: `min(1, 1/Lambda)`. Keep the minimum over all looks (`runningMinimum`). */
export function alwaysValidP(difference: Difference, tau: number): number {
  return Math.min(1, Math.exp(-logLikelihoodRatio(difference, tau)));
}

/** One-sided p against "not greater than zero": half the two-sided p when the difference is positive, else 1. */
export function oneSidedP(difference: Difference, tau: number): number {
  if (difference.difference <= 0) return 1;
  return Math.min(1, 0.5 * Math.exp(-logLikelihoodRatio(difference, tau)));
}

/** The p-value of a sequential test is the smallest seen so far. */
export function runningMinimum(previous: number | undefined, current: number): number {
  return Math.min(previous ?? 1, current);
}

/**
 * Half-width of the (1 - alpha) confidence sequence around the estimated difference:
 * `sqrt(2 V (V+tau^2)/tau^2 (ln(1/alpha) + ln((V+tau^2)/V)/2))`. It covers the truth at all looks at once.
 */
export function confidenceHalfWidth(variance: number, tau: number, alpha: number): number {
  const t2 = tau * tau;
  const total = variance + t2;
  return Math.sqrt(((2 * variance * total) / t2) * (Math.log(1 / alpha) + 0.5 * Math.log(total / variance)));
}
