import { confidenceHalfWidth, logLikelihoodRatio } from "./msprt";
import type { Difference } from "./proportion";

export type RequiredSamples = {
  /** What the test would say when it decides, if the estimate stays where it is. */
  readonly decision: "fail" | "pass";
  /** About this many more canary trials, at the present mix of arms. */
  readonly moreCanary: number;
};

export type RequiredSamplesInput = Difference & {
  /** Canary trials seen so far. */
  readonly canaryTrials: number;
  /** Largest difference that is still acceptable. */
  readonly margin: number;
  readonly tau: number;
  /** One-sided level. */
  readonly alpha: number;
};

/** Beyond this the estimate says nothing useful: the difference sits on the margin. */
const MAX_FACTOR = 10_000;

/**
 * "Needs about N more canary requests". Holds the estimated difference and the mix of arms, so the variance falls as `V k0/k`
 * when both arms grow from k0 to k; then finds, by bisection, the smallest k at which the test decides: rejection (Lambda >=
 * 1/(2 alpha)) when the estimate is beyond the margin, proof of non-inferiority (upper confidence bound below the margin)
 * when it is within. Returns null when that is more than 10,000 times the present sample.
 */
export function requiredSamples(input: RequiredSamplesInput): RequiredSamples | null {
  const { difference, variance, canaryTrials, margin, tau, alpha } = input;
  if (canaryTrials <= 0 || difference === margin) return null;
  const decision = difference > margin ? "fail" : "pass";
  const decides = (factor: number): boolean => {
    const v = variance / factor;
    if (decision === "pass") return difference + confidenceHalfWidth(v, tau, 2 * alpha) < margin;
    return (
      difference > 0 && logLikelihoodRatio({ difference, variance: v }, tau) >= Math.log(1 / (2 * alpha))
    );
  };
  if (decides(1)) return { decision, moreCanary: 0 };
  if (!decides(MAX_FACTOR)) return null;
  let low = canaryTrials;
  let high = canaryTrials * MAX_FACTOR;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (decides(middle / canaryTrials)) high = middle;
    else low = middle;
  }
  return { decision, moreCanary: high - canaryTrials };
}
