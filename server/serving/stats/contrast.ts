import { confidenceHalfWidth, logLikelihoodRatio } from "./msprt";
import type { Interval } from "./wilson";

/**
 * What two arms say about one quantity: how much more (or worse) the canary is. The variance is asked for at a hypothesis, because with few
 * events an estimate says too little about its own error: of 0 errors in 50 requests it would claim near certainty.
 */
export interface Contrast {
  readonly estimate: number;
  /** Variance of the estimate where the true value is `value`. */
  readonly varianceAt: (value: number) => number;
  /** All values that can be true. */
  readonly support: Interval;
}

/** Level and mixture scale of an always-valid test. */
export interface TestScale {
  readonly tau: number;
  /** One-sided. */
  readonly alpha: number;
}

/** Whether the evidence excludes this value at every look so far and to come, at the one-sided level. */
export function excludes(contrast: Contrast, value: number, { tau, alpha }: TestScale): boolean {
  const difference = contrast.estimate - value;
  const variance = contrast.varianceAt(value);
  if (variance <= 0) return difference !== 0;
  return logLikelihoodRatio({ difference, variance }, tau) >= Math.log(1 / (2 * alpha));
}

/** Halvings until an end is known to better than any page shows. */
const STEPS = 32;

function end(contrast: Contrast, far: number, scale: TestScale): number {
  if (!excludes(contrast, far, scale)) return far;
  let inside = contrast.estimate;
  let outside = far;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (inside + outside) / 2;
    if (excludes(contrast, middle, scale)) outside = middle;
    else inside = middle;
  }
  return outside;
}

/** The values that no look excludes: a confidence sequence, found by turning the test round. It leaves a value exactly when the test does. */
export function confidenceSequence(contrast: Contrast, scale: TestScale): Interval {
  return {
    low: end(contrast, contrast.support.low, scale),
    high: end(contrast, contrast.support.high, scale),
  };
}

/** How far an estimate must be from a value to exclude it, when the variance there is `variance`. */
export const distanceToExclude = (variance: number, { tau, alpha }: TestScale): number =>
  confidenceHalfWidth(variance, tau, 2 * alpha);
