import { planPower, LOSS_PER_MARGIN, type PlanPower, type TrafficProfile } from "./power";
import type { MetricName, RolloutCriteria, RolloutPlan } from "./schemas";

const MINUTE_S = 60;
const HOUR_S = 3_600;
/** A plan is looked for within a month; nothing longer is a canary. */
const LONGEST_S = 30 * 24 * HOUR_S;
/** The smallest first share that decides within a working day is taken: it exposes the fewest requests. */
const WANTED_S = 8 * HOUR_S;
const FIRST_SHARES = [5, 10, 25, 50] as const;
const LADDER = [25, 50] as const;
/** What a later stage serves at least before the share grows again. */
const LATER_STAGE_S = 5 * MINUTE_S;

/** A smallest loss worth catching for some of the metrics: points of a share, or the relative rise of a mean. */
export type Wish = Partial<Record<MetricName, number>>;

/** Rounded up to what people say: ten minutes, half an hour, an hour. */
function roundUp(seconds: number): number {
  const step = seconds <= 2 * HOUR_S ? 10 * MINUTE_S : seconds <= 12 * HOUR_S ? 30 * MINUTE_S : HOUR_S;
  return Math.min(LONGEST_S, Math.ceil(seconds / step) * step);
}

/** So many failures in a row that equal versions show them less than once in a thousand rollouts of this size. */
function failuresInARow(errorRate: number, requests: number, atLeast: number): number {
  if (errorRate <= 0) return atLeast;
  const needed = Math.ceil(Math.log(0.001 / Math.max(1, requests)) / Math.log(Math.min(0.99, errorRate)));
  return Math.min(1_000, Math.max(atLeast, needed));
}

/** The margins that catch the wished losses. Metrics of which nothing is seen are left out: they would keep the canary for ever. */
function wishedCriteria(criteria: RolloutCriteria, profile: TrafficProfile, wish: Wish): RolloutCriteria {
  const margin = (metric: MetricName, otherwise: number) => {
    const loss = wish[metric];
    return loss === undefined ? otherwise : Number((loss / LOSS_PER_MARGIN).toPrecision(3));
  };
  const { errorRate, slowShare, accuracy, absoluteError, squaredError } = criteria;
  const classes = profile.accuracy !== null && profile.numeric === null;
  const numbers = profile.numeric !== null;
  const standard = { maxIncrease: 0.1, minFeedback: 100 };
  const absolute = absoluteError ?? (accuracy && numbers ? standard : undefined);
  return {
    ...criteria,
    errorRate: errorRate && { maxIncrease: margin("errorRate", errorRate.maxIncrease) },
    slowShare: slowShare && { ...slowShare, maxIncrease: margin("slowShare", slowShare.maxIncrease) },
    accuracy: classes
      ? accuracy && { ...accuracy, maxDrop: margin("accuracy", accuracy.maxDrop) }
      : undefined,
    absoluteError: numbers
      ? absolute && { ...absolute, maxIncrease: margin("absoluteError", absolute.maxIncrease) }
      : undefined,
    squaredError: numbers
      ? squaredError && { ...squaredError, maxIncrease: margin("squaredError", squaredError.maxIncrease) }
      : undefined,
  };
}

/** When nine of ten losses are noticed and nine of ten equal versions are through their first stage; null when never. */
function decidedSeconds(power: PlanPower): number | null {
  const times = [...power.metrics.map(({ noticedInSeconds }) => noticedInSeconds), power.promotedInSeconds];
  const known = times.filter((seconds) => seconds !== null);
  return known.length < times.length ? null : Math.max(...known);
}

function laterStages(first: number, requestsPerSecond: number): RolloutPlan["stages"] {
  return LADDER.filter((share) => share > first).map((sharePercent) => {
    const smaller = Math.min(sharePercent, 100 - sharePercent) / 100;
    const minRequests = Math.max(50, Math.round(requestsPerSecond * smaller * LATER_STAGE_S));
    const seconds = minRequests / (requestsPerSecond * smaller);
    return { sharePercent, minRequests, maxDurationMs: roundUp(4 * seconds) * 1000 };
  });
}

/**
 * A plan for this traffic that notices the wished losses in nine of ten cases: the smallest first share that decides within a working day, or
 * half of the requests where none does, and the time that this takes. The first stage carries the proof; the later ones show that it holds
 * under more load.
 */
export function sizedPlan(criteria: RolloutCriteria, profile: TrafficProfile, wish: Wish = {}): RolloutPlan {
  const wanted = wishedCriteria(criteria, profile, wish);
  const { requestsPerSecond } = profile;
  const planOf = (sharePercent: number, seconds: number): RolloutPlan => {
    const smaller = Math.min(sharePercent, 100 - sharePercent) / 100;
    const minRequests = Math.max(100, Math.round(requestsPerSecond * smaller * LATER_STAGE_S));
    const least = minRequests / (requestsPerSecond * smaller);
    const maxDurationMs = roundUp(Math.max(10 * MINUTE_S, seconds, 2 * least)) * 1000;
    const later = laterStages(sharePercent, requestsPerSecond);
    return { stages: [{ sharePercent, minRequests, maxDurationMs }, ...later], criteria: wanted };
  };
  let chosen = planOf(FIRST_SHARES.at(-1) ?? 50, LONGEST_S);
  for (const share of FIRST_SHARES) {
    const seconds = decidedSeconds(planPower(planOf(share, LONGEST_S), profile, wish));
    if (seconds === null) continue;
    chosen = planOf(share, 1.25 * seconds);
    if (seconds <= WANTED_S) break;
  }
  const [first] = chosen.stages;
  const requests = ((first?.maxDurationMs ?? 0) / 1000) * requestsPerSecond;
  const { hardKill } = wanted;
  const consecutiveFailures = failuresInARow(profile.errorRate, requests, hardKill.consecutiveFailures);
  return { ...chosen, criteria: { ...wanted, hardKill: { ...hardKill, consecutiveFailures } } };
}
