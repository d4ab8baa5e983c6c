import { excludes, type Contrast, type TestScale } from "./contrast";

export type RequiredSamples = {
  /** What the test would say when it decides, if the estimate stays where it is. */
  readonly decision: "fail" | "pass";
  /** About this many more canary trials, at the present mix of arms. */
  readonly moreCanary: number;
};

export type RequiredSamplesInput = TestScale & {
  readonly contrast: Contrast;
  /** Canary trials seen so far. */
  readonly canaryTrials: number;
  /** Largest difference that is still acceptable. */
  readonly margin: number;
};

/** Beyond this the estimate says nothing useful: the difference sits on the margin. */
const MAX_FACTOR = 10_000;

/**
 * "Needs about N more canary requests". Holds the estimate and the mix of arms, so the variance falls as `V k0/k` when both arms grow from
 * k0 to k; then finds, by bisection, the smallest k at which the test decides: no difference excluded when the estimate is beyond the
 * margin, the margin excluded when it is within. Returns null when that is more than 10,000 times the present sample.
 */
export function requiredSamples(input: RequiredSamplesInput): RequiredSamples | null {
  const { contrast, canaryTrials, margin } = input;
  const { estimate } = contrast;
  if (canaryTrials <= 0 || estimate === margin) return null;
  const decision = estimate > margin ? "fail" : "pass";
  const excluded = decision === "pass" ? margin : 0;
  const decides = (factor: number): boolean =>
    excludes({ ...contrast, varianceAt: (value) => contrast.varianceAt(value) / factor }, excluded, input);
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
