import { distanceToExclude, excludes, type Contrast } from "../stats";
import { metricTests, type MetricTest } from "./metric-tests";
import type { ArmCounts, MetricName, RolloutPlan, StageObservation } from "./schemas";

/** What a deployment's traffic has been: the baseline that a canary will be compared with. */
export interface TrafficProfile {
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  /** Share slower than the plan's bound. */
  readonly slowShare: number;
  /** Labels for each request. */
  readonly labelShare: number;
  /** Null without labels. */
  readonly accuracy: number | null;
  /** Means over one label of |e|, e² and e⁴; null where the truth is no number. */
  readonly numeric: { readonly absolute: number; readonly squared: number; readonly fourth: number } | null;
}

/** Halvings of a search. */
const STEPS = 40;

/** A loss worth catching beside the margin: half as much again, so that the estimate lies clearly beyond what is allowed. */
export const LOSS_PER_MARGIN = 1.5;

/** Distribution function of the standard normal (Abramowitz and Stegun 26.2.17; error below 1e-7). */
export function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    0.3989422804014327 *
    Math.exp(-0.5 * z * z) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

/** The arms' expected counts: what is seen on average, fractions and all, when the canary loses `loss` of one metric. */
function expectedArm(requests: number, profile: TrafficProfile, metric?: MetricName, loss = 0): ArmCounts {
  const rate = (of: MetricName, base: number) => Math.min(1, Math.max(0, base + (metric === of ? loss : 0)));
  const feedback = requests * profile.labelShare;
  const wrong = rate("accuracy", 1 - (profile.accuracy ?? 1));
  const counts: ArmCounts = {
    requests,
    errors: requests * rate("errorRate", profile.errorRate),
    slow: requests * rate("slowShare", profile.slowShare),
    feedback,
    correct: feedback * (1 - wrong),
  };
  if (profile.numeric) {
    // A version whose errors are larger by one factor: squares grow by its square.
    const factor =
      metric === "absoluteError" ? 1 + loss : metric === "squaredError" ? Math.sqrt(1 + loss) : 1;
    const { absolute, squared, fourth } = profile.numeric;
    counts.numeric = {
      n: feedback,
      absolute: feedback * absolute * factor,
      squared: feedback * squared * factor ** 2,
      fourth: feedback * fourth * factor ** 4,
    };
  }
  return counts;
}

/** Seconds until both arms of a stage have their requests. */
function leastSeconds(stage: RolloutPlan["stages"][number], profile: TrafficProfile): number {
  const share = stage.sharePercent / 100;
  const smaller = share < 1 ? Math.min(share, 1 - share) : 1;
  return stage.minRequests / (profile.requestsPerSecond * smaller);
}

/**
 * How long each stage lasts for a version that is never shown good: in mode "proven" it stays in the first until the time is over; in mode
 * "not-worse" it goes on as soon as the requests are there.
 */
export function stageSeconds({ stages, criteria }: RolloutPlan, profile: TrafficProfile): number[] {
  const limit = (stage: RolloutPlan["stages"][number]) => stage.maxDurationMs / 1000;
  if (criteria.advanceWhen === "proven") return stages.slice(0, 1).map(limit);
  const seconds = stages.map((stage) => Math.min(limit(stage), leastSeconds(stage, profile)));
  // What runs out of time stops there.
  const stuck = stages.findIndex((stage) => leastSeconds(stage, profile) > limit(stage));
  return stuck < 0 ? seconds : seconds.slice(0, stuck + 1);
}

/** What both arms have shown, on average, after so many seconds. */
function expectedAfter(
  seconds: number,
  plan: RolloutPlan,
  lengths: readonly number[],
  profile: TrafficProfile,
  metric?: MetricName,
  loss = 0,
): StageObservation[] {
  let left = seconds;
  return lengths.flatMap((length, index) => {
    const spent = Math.min(left, length);
    left -= spent;
    const requests = spent * profile.requestsPerSecond;
    const share = (plan.stages[index]?.sharePercent ?? 0) / 100;
    if (requests <= 0) return [];
    return [
      {
        canary: expectedArm(requests * share, profile, metric, loss),
        stable: expectedArm(requests * (1 - share), profile),
      },
    ];
  });
}

/**
 * Chance that a Brownian motion with this drift has crossed `distance(I) * I` by the information I: the boundary is replaced by its
 * tangent at I, for which the chance is known exactly (Bachelier and Lévy). The boundary is concave and lies below its tangent, so the
 * result is a little too small, never too large.
 */
function crossed(drift: number, information: number, distance: (information: number) => number): number {
  const at = distance(information) * information;
  const step = information * 1e-4;
  const slope = (distance(information + step) * (information + step) - at) / step;
  const start = at - slope * information;
  const rest = drift - slope;
  const root = Math.sqrt(information);
  const there = normalBelow((rest * information - start) / root);
  const exponent = 2 * rest * start;
  if (exponent > 300) return there;
  return Math.min(1, there + Math.exp(exponent) * normalBelow((-start - rest * information) / root));
}

/** The chance that the test has reached a verdict on expected counts like these. */
function chance(test: MetricTest, contrast: Contrast, verdict: "fail" | "pass"): number {
  const truth = contrast.estimate;
  const hypothesis = verdict === "fail" ? 0 : test.margin;
  const drift = Math.abs(truth - hypothesis);
  const spread = contrast.varianceAt(truth);
  if (spread <= 0) return excludes(contrast, hypothesis, test) ? 1 : 0;
  const tested = contrast.varianceAt(hypothesis) / spread;
  const distance = (information: number) => distanceToExclude(tested / information, test);
  const information = 1 / spread;
  if (verdict === "pass" || distance(information) >= test.margin)
    return crossed(drift, information, distance);
  // From here on a real loss must also be beyond the margin: a line through the origin, which the estimate is over now or was before it ruled.
  let [low, high] = [information * 1e-9, information];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = Math.sqrt(low * high);
    if (distance(middle) >= test.margin) low = middle;
    else high = middle;
  }
  return Math.max(crossed(drift, low, distance), normalBelow((drift - test.margin) * Math.sqrt(information)));
}

/** What a test of a limit adds: the chance that the canary's own share is shown to keep it, by the same normal approximation. */
function limitKept(test: MetricTest, share: number, n: number): number {
  if (test.limit === null) return 1;
  if (share >= test.limit || n <= 0) return 0;
  // Kullback-Leibler divergence times n against the mixture's price of half a log n.
  const part = (p: number, q: number) => (p > 0 ? p * Math.log(p / q) : 0);
  const divergence = part(share, test.limit) + part(1 - share, 1 - test.limit);
  const slope = Math.log((share * (1 - test.limit)) / (test.limit * (1 - share)) || 1e-9);
  const spread = Math.sqrt(n * share * (1 - share)) * Math.abs(slope);
  const price = Math.log(1 / test.alpha) + 0.5 * Math.log((Math.PI * n) / 2);
  const surplus = n * divergence - price;
  return spread > 0 ? normalBelow(surplus / spread) : Number(surplus > 0);
}

/** The first moment at which a growing chance is at least this; null when it never is. */
function firstTime(total: number, wanted: number, chanceAt: (seconds: number) => number): number | null {
  if (chanceAt(total) < wanted) return null;
  let [low, high] = [0, total];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (chanceAt(middle) >= wanted) high = middle;
    else low = middle;
  }
  return high;
}

export interface MetricPower {
  readonly metric: MetricName;
  readonly margin: number;
  /** The loss that is asked about. */
  readonly loss: number;
  /** Chance that a version which loses so much is rolled back within the plan. */
  readonly noticed: number;
  /** When nine of ten of them are; null when the plan ends before. */
  readonly noticedInSeconds: number | null;
  /** Chance that an equally good version is shown to be so within the first stage. */
  readonly proven: number;
  readonly provenInSeconds: number | null;
  /** Canary trials in an hour of the first stage, and those by which nine of ten equally good versions are proven. */
  readonly trialsPerHour: number;
}

export interface PlanPower {
  readonly metrics: readonly MetricPower[];
  /** Chance that an equally good version is promoted; metrics are taken as independent. */
  readonly promoted: number;
  /** Half of them by then, and nine of ten; null when they are not. */
  readonly halfPromotedInSeconds: number | null;
  readonly promotedInSeconds: number | null;
}

const POWER = 0.9;

/** The chances of one metric's test by time, for a version that loses `loss` and for one that is equal. */
function chancesOf(test: MetricTest, plan: RolloutPlan, profile: TrafficProfile, loss: number) {
  const lengths = stageSeconds(plan, profile);
  const total = lengths.reduce((sum, each) => sum + each, 0);
  const at = (seconds: number, lost: number, verdict: "fail" | "pass"): number => {
    const compared = test.compare(expectedAfter(seconds, plan, lengths, profile, test.metric, lost));
    const { canary, stable, contrast } = compared;
    if (contrast === null || canary.n < test.minTrials || stable.n < test.minTrials) return 0;
    const kept = verdict === "pass" ? limitKept(test, canary.rate ?? 0, canary.n) : 1;
    return chance(test, contrast, verdict) * kept;
  };
  return {
    total,
    noticed: (seconds: number) => at(seconds, loss, "fail"),
    proven: (seconds: number) => at(seconds, 0, "pass"),
  };
}

/**
 * What a plan can see at this traffic, before it starts. The same tests that will decide are asked of the counts to be expected, and the
 * chance that they have decided by a moment is that of a Brownian motion against their boundary.
 */
export function planPower(
  plan: RolloutPlan,
  profile: TrafficProfile,
  losses: Partial<Record<MetricName, number>> = {},
): PlanPower {
  const tests = metricTests(plan.criteria).map((test) => {
    const loss = losses[test.metric] ?? test.margin * LOSS_PER_MARGIN;
    return { test, loss, ...chancesOf(test, plan, profile, loss) };
  });
  const first = plan.stages[0];
  const hour = expectedAfter(3600, plan, [3600], profile);
  const metrics = tests.map(({ test, loss, total, noticed, proven }): MetricPower => ({
    metric: test.metric,
    margin: test.margin,
    loss,
    noticed: noticed(total),
    noticedInSeconds: firstTime(total, POWER, noticed),
    proven: proven(total),
    provenInSeconds: firstTime(total, POWER, proven),
    trialsPerHour: test.compare(hour).canary.n,
  }));
  const rest = plan.stages.slice(1).reduce((sum, stage) => sum + leastSeconds(stage, profile), 0);
  const possible = plan.stages.every((stage) => leastSeconds(stage, profile) * 1000 <= stage.maxDurationMs);
  if (!possible || !first)
    return { metrics, promoted: 0, halfPromotedInSeconds: null, promotedInSeconds: null };
  const least = leastSeconds(first, profile);
  if (plan.criteria.advanceWhen === "not-worse") {
    const measured = tests.every(({ test, total }) =>
      enoughLabels(test, expectedAfter(total, plan, stageSeconds(plan, profile), profile)),
    );
    const total = measured ? least + rest : null;
    const promoted = measured ? 1 - plan.criteria.alpha : 0;
    return { metrics, promoted, halfPromotedInSeconds: total, promotedInSeconds: total };
  }
  const all = (seconds: number) =>
    seconds < least ? 0 : tests.reduce((product, { proven }) => product * proven(seconds), 1);
  const length = first.maxDurationMs / 1000;
  const after = (wanted: number) => {
    const seconds = firstTime(length, wanted, all);
    return seconds === null ? null : seconds + rest;
  };
  return {
    metrics,
    promoted: all(length),
    halfPromotedInSeconds: after(0.5),
    promotedInSeconds: after(POWER),
  };
}

function enoughLabels(test: MetricTest, stages: readonly StageObservation[]): boolean {
  const { stable, canary } = test.compare(stages);
  return stable.n >= test.minTrials && canary.n >= test.minTrials;
}
