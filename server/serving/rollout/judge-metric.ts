import {
  confidenceHalfWidth,
  differenceOfProportions,
  oneSidedP,
  requiredSamples,
  runningMinimum,
  sumStrata,
  wilsonInterval,
  type Interval,
  type Proportion,
  type RequiredSamples,
  type Stratum,
} from "../stats";
import type { MetricName } from "./schemas";
import { count, METRIC_WORDS, percent, points } from "./words";

export type MetricStatus = "pass" | "watching" | "fail" | "no-data" | "inconclusive";

/** One arm as shown: how many trials, the rate and its 95 % Wilson interval. */
export type ArmEstimate = {
  readonly n: number;
  readonly rate: number | null;
  readonly interval: Interval | null;
};

export type MetricVerdict = {
  readonly metric: MetricName;
  readonly status: MetricStatus;
  readonly stable: ArmEstimate;
  readonly canary: ArmEstimate;
  /** Canary minus stable of the shown rate; null without data in both arms. */
  readonly difference: number | null;
  /** Confidence sequence of the difference: it leaves zero exactly when the test rejects. */
  readonly interval: Interval | null;
  /** Running minimum of the one-sided always-valid p, over the looks at enough data. */
  readonly p: number;
  /** True when both arms have the least data the criteria ask for. */
  readonly measured: boolean;
  readonly sentence: string;
  readonly needsMore: RequiredSamples | null;
};

export type MetricInput = {
  readonly metric: MetricName;
  /** Bad events per arm and stage. */
  readonly strata: readonly Stratum[];
  /** Largest acceptable rise of the bad share. */
  readonly margin: number;
  /** Scale of the mixture: about the smallest effect worth catching. */
  readonly tau: number;
  /** One-sided level of this metric. */
  readonly alpha: number;
  readonly minBadEvents: number;
  readonly minTrials: number;
  readonly previousP: number | undefined;
  /** True when the stage ran out of time. */
  readonly timedOut: boolean;
};

/** Accuracy is tested as the share of wrong predictions; rates and differences are turned round only for display. */
function isInverted(metric: MetricName): boolean {
  return metric === "accuracy";
}

function armEstimate(metric: MetricName, bad: Proportion): ArmEstimate {
  const shown = isInverted(metric) ? { events: bad.n - bad.events, n: bad.n } : bad;
  return {
    n: shown.n,
    rate: shown.n > 0 ? shown.events / shown.n : null,
    interval: wilsonInterval(shown),
  };
}

function status(
  input: MetricInput,
  facts: { rejects: boolean; proven: boolean; measured: boolean },
): MetricStatus {
  if (facts.rejects) return "fail";
  if (facts.proven && facts.measured) return "pass";
  return input.timedOut ? "inconclusive" : "watching";
}

/**
 * Judges one metric. Fails when the rise is statistically real (running always-valid p <= alpha), larger than the margin and
 * carried by at least `minBadEvents` among at least `minTrials` in each arm; passes when the confidence sequence proves the rise below the margin; else it watches,
 * or is inconclusive after the stage's time. Without trials in both arms the verdict is "no-data", never "pass".
 */
export function judgeMetric(input: MetricInput): MetricVerdict {
  const total = sumStrata(input.strata);
  const arms = {
    stable: armEstimate(input.metric, total.stable),
    canary: armEstimate(input.metric, total.canary),
  };
  const found = differenceOfProportions(input.strata);
  if (found === null) {
    const p = input.previousP ?? 1;
    const nothing = { difference: null, interval: null, p, measured: false, needsMore: null };
    return {
      metric: input.metric,
      status: "no-data",
      ...arms,
      ...nothing,
      sentence: noDataSentence(input.metric, total),
    };
  }
  const half = confidenceHalfWidth(found.variance, input.tau, 2 * input.alpha);
  const measured = total.stable.n >= input.minTrials && total.canary.n >= input.minTrials;
  const enoughBad = total.canary.events >= input.minBadEvents;
  // A handful of events is not normally distributed: what the test saw in them must not be remembered against the canary.
  const now = measured && enoughBad ? oneSidedP(found, input.tau) : 1;
  const p = runningMinimum(input.previousP, now);
  const verdict = status(input, {
    rejects: p <= input.alpha && found.difference > input.margin && measured && enoughBad,
    proven: found.difference + half < input.margin,
    measured,
  });
  const { margin, tau, alpha } = input;
  const decided = verdict === "fail" || verdict === "pass";
  const needsMore = decided
    ? null
    : requiredSamples({ ...found, canaryTrials: total.canary.n, margin, tau, alpha });
  const sign = isInverted(input.metric) ? -1 : 1;
  const difference = sign * found.difference;
  const shown = {
    metric: input.metric,
    status: verdict,
    ...arms,
    difference,
    interval: { low: Math.max(-1, difference - half), high: Math.min(1, difference + half) },
    p,
    measured,
    needsMore: needsMore !== null && needsMore.moreCanary > 0 ? needsMore : null,
  };
  return { ...shown, sentence: verdictSentence(shown, input) };
}

function noDataSentence(metric: MetricName, total: Stratum): string {
  const { subject, unit } = METRIC_WORDS[metric];
  const missing = [total.canary.n === 0 ? "canary" : null, total.stable.n === 0 ? "stable" : null].filter(
    Boolean,
  );
  const where =
    missing.length > 0 ? `no ${unit} from ${missing.join(" or ")}` : `no ${unit} from both arms at once`;
  return `${subject}: ${where} yet. No data is not a pass.`;
}

function verdictSentence(v: Omit<MetricVerdict, "sentence">, input: MetricInput): string {
  const { subject, unit } = METRIC_WORDS[v.metric];
  const arms = `${subject} ${percent(v.canary.rate ?? 0)} on canary (${count(v.canary.n)} ${unit}) against ${percent(v.stable.rate ?? 0)} on stable (${count(v.stable.n)})`;
  const range = `${points(v.difference ?? 0)}, between ${points(v.interval?.low ?? 0)} and ${points(v.interval?.high ?? 0)}`;
  const limit = percent(input.margin).replace(" %", " points");
  const word = isInverted(v.metric) ? "drop" : "rise";
  const facts = `${arms}: ${range}`;
  if (v.status === "fail")
    return `${facts}. A real ${word} beyond the allowed ${limit} (p ${v.p.toPrecision(2)}).`;
  if (v.status === "pass") return `${facts}. Proven within the allowed ${word} of ${limit}.`;
  const state = v.status === "inconclusive" ? "Undecided at the end of the stage" : "Not decided yet";
  const few = v.measured ? "" : ` It needs at least ${count(input.minTrials)} ${unit} in each arm.`;
  const more = v.needsMore
    ? ` It needs about ${count(v.needsMore.moreCanary)} more canary ${unit} to ${v.needsMore.decision}.`
    : "";
  return `${facts}. ${state}.${few}${more}`;
}
