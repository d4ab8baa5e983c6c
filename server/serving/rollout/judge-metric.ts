import {
  confidenceSequence,
  excludes,
  judgeLimit,
  oneSidedP,
  requiredSamples,
  runningMinimum,
  type Interval,
  type RequiredSamples,
} from "../stats";
import type { ArmEstimate, Comparison, MetricTest } from "./metric-tests";
import type { MetricName, StageObservation } from "./schemas";
import { verdictSentence, noDataSentence } from "./verdict-sentence";

export type MetricStatus = "pass" | "watching" | "fail" | "no-data" | "inconclusive";

/** The canary's own share against a limit; "excused" where it is over a limit that stable is not shown to keep either. */
export type LimitVerdict = {
  readonly share: number;
  readonly state: "kept" | "broken" | "open" | "excused";
};

export type MetricVerdict = {
  readonly metric: MetricName;
  readonly status: MetricStatus;
  readonly stable: ArmEstimate;
  readonly canary: ArmEstimate;
  /** Canary minus stable of the shown rate, or the relative change of a mean; null without data in both arms. */
  readonly difference: number | null;
  /** Confidence sequence of the difference: it leaves zero exactly when the test rejects. */
  readonly interval: Interval | null;
  readonly limit: LimitVerdict | null;
  /** Running minimum of the one-sided always-valid p, over the looks at enough data. */
  readonly p: number;
  /** True when both arms have the least data the criteria ask for. */
  readonly measured: boolean;
  readonly sentence: string;
  readonly needsMore: RequiredSamples | null;
};

export type MetricInput = {
  readonly test: MetricTest;
  readonly stages: readonly StageObservation[];
  readonly minBadEvents: number;
  readonly previousP: number | undefined;
  /** True when the stage ran out of time. */
  readonly timedOut: boolean;
};

/** Accuracy is tested as the share of wrong predictions; rates and differences are turned round only for display. */
export const isInverted = (metric: MetricName): boolean => metric === "accuracy";

/**
 * An equally good version breaks a limit that stable breaks too: that is no reason to go back, nor is it proof. So a broken limit counts only
 * once stable is shown to keep it, or the canary to be worse than stable: few requests of stable may look as if it did.
 */
function limitVerdict(
  { limit, alpha }: MetricTest,
  { bad, stableBad }: Comparison,
  isWorse: boolean,
): LimitVerdict | null {
  if (limit === null || !bad || !stableBad) return null;
  const state = judgeLimit(bad, limit, alpha);
  if (state !== "broken") return { share: limit, state };
  const isOwnFault =
    stableBad.events <= limit * stableBad.n && (isWorse || judgeLimit(stableBad, limit, alpha) === "kept");
  return { share: limit, state: isOwnFault ? "broken" : "excused" };
}

/** Difference and interval as they are shown: accuracy falls where wrong answers rise. */
function shown(metric: MetricName, estimate: number, interval: Interval) {
  if (!isInverted(metric)) return { difference: estimate, interval };
  return { difference: -estimate, interval: { low: -interval.high, high: -interval.low } };
}

/**
 * Judges one metric. Fails when the loss is statistically real (running always-valid p <= alpha), larger than the margin and carried by at
 * least `minBadEvents` among at least `minTrials` in each arm, or when the canary's own limit is shown broken; passes when the confidence
 * sequence excludes a loss as large as the margin, and the limit, where there is one, is shown kept; else it watches, or is inconclusive
 * after the stage's time. Without trials in both arms the verdict is "no-data", never "pass".
 */
export function judgeMetric({ test, stages, ...input }: MetricInput): MetricVerdict {
  const { metric, margin } = test;
  const compared = test.compare(stages);
  const { stable, canary, contrast } = compared;
  if (contrast === null) {
    const p = input.previousP ?? 1;
    const nothing = { difference: null, interval: null, p, measured: false, needsMore: null };
    const limit = limitVerdict(test, compared, false);
    const sentence = noDataSentence(metric, stable.n, canary.n);
    return { metric, stable, canary, limit, ...nothing, status: "no-data", sentence };
  }
  const measured = stable.n >= test.minTrials && canary.n >= test.minTrials;
  const enoughBad = compared.bad === null || compared.bad.events >= input.minBadEvents;
  // A handful of events is not normally distributed: what the test saw in them must not be remembered against the canary.
  const atNone = { difference: contrast.estimate, variance: contrast.varianceAt(0) };
  const p = runningMinimum(
    input.previousP,
    measured && enoughBad && atNone.variance > 0 ? oneSidedP(atNone, test.tau) : 1,
  );
  const isWorse = p <= test.alpha;
  const limit = limitVerdict(test, compared, isWorse);
  const worse = isWorse && contrast.estimate > margin && measured && enoughBad;
  const broken = limit?.state === "broken" && measured && enoughBad;
  const within = contrast.estimate < margin && excludes(contrast, margin, test) && measured;
  const proven = within && (limit === null || limit.state === "kept");
  const open = input.timedOut ? "inconclusive" : "watching";
  const status: MetricStatus = worse || broken ? "fail" : proven ? "pass" : open;
  const needsMore =
    status === "fail" || status === "pass" || within
      ? null
      : requiredSamples({ ...test, contrast, canaryTrials: canary.n });
  const verdict = {
    metric,
    stable,
    canary,
    limit,
    status,
    ...shown(metric, contrast.estimate, confidenceSequence(contrast, test)),
    p,
    measured,
    needsMore: needsMore !== null && needsMore.moreCanary > 0 ? needsMore : null,
  };
  return { ...verdict, sentence: verdictSentence(verdict, test) };
}
