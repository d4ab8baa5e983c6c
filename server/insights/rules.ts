/** The way of one version from the start of its run to its first production traffic. Times in milliseconds since the epoch. */
export interface Journey {
  versionId: string;
  model: string;
  number: number;
  /** Job queued, else run started: where the cycle begins. */
  startedAtMs: number;
  runStartedAtMs: number | null;
  runEndedAtMs: number | null;
  registeredAtMs: number;
  reviewRequestedAtMs: number | null;
  reviewTouchedAtMs: number | null;
  reviewDecidedAtMs: number | null;
  deployStartedAtMs: number | null;
  /** First request of production that it answered. */
  productionAtMs: number | null;
  /** People's verdicts that sent it back. */
  returns: number;
  /** Comments and verdicts of people. */
  touches: number;
  gatesPassedFirst: boolean | null;
}

export const STAGES = [
  { key: "queue", label: "Waiting in the queue" },
  { key: "run", label: "Training run" },
  { key: "register", label: "Run to request for review" },
  { key: "reviewWait", label: "Waiting for a reviewer" },
  { key: "review", label: "Review" },
  { key: "deployWait", label: "Waiting to be deployed" },
  { key: "deploy", label: "Deployment to first traffic" },
] as const;
export type StageKey = (typeof STAGES)[number]["key"];
export type Decomposition = Record<StageKey, number>;

/**
 * Splits a finished cycle into stages. Each boundary is pulled into [the one before, the end], so that steps that are missing or overlap take no
 * time, no stage is negative and the stages sum exactly to the cycle. Undefined before production.
 */
export function decompose(journey: Journey): (Decomposition & { totalMs: number }) | undefined {
  const end = journey.productionAtMs;
  if (end === null || end < journey.startedAtMs) return undefined;
  const marks = [
    journey.runStartedAtMs,
    journey.runEndedAtMs,
    journey.reviewRequestedAtMs,
    journey.reviewTouchedAtMs,
    journey.reviewDecidedAtMs,
    journey.deployStartedAtMs,
    end,
  ];
  let before = journey.startedAtMs;
  const lengths = marks.map((mark) => {
    const at = Math.min(end, Math.max(before, mark ?? before));
    const length = at - before;
    before = at;
    return length;
  });
  const stages = Object.fromEntries(STAGES.map(({ key }, index) => [key, lengths[index] ?? 0]));
  return { ...(stages as Decomposition), totalMs: end - journey.startedAtMs };
}

/** The smallest value that at least `share` of the values do not exceed (nearest rank); null without values. */
export function nearestRank(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

export interface Quantiles {
  n: number;
  p50: number | null;
  p75: number | null;
  p95: number | null;
}

export const quantilesOf = (values: readonly number[]): Quantiles => ({
  n: values.length,
  p50: nearestRank(values, 0.5),
  p75: nearestRank(values, 0.75),
  p95: nearestRank(values, 0.95),
});

/** Below this many cases a share of failures is not shown as a number. */
export const MIN_CASES = 20;

const Z95 = 1.959963984540054;

export interface Share {
  events: number;
  n: number;
  value: number | null;
  lo: number | null;
  hi: number | null;
}

/** A share with its Wilson 95 % interval (Wilson 1927); nulls without cases. */
export function shareOf(events: number, n: number): Share {
  if (n === 0) return { events, n, value: null, lo: null, hi: null };
  const p = events / n;
  const z2 = Z95 * Z95;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { events, n, value: p, lo: Math.max(0, centre - half), hi: Math.min(1, centre + half) };
}

/** A run that was started in the window, and the version that it led to, if any. */
export interface Experiment {
  runId: string;
  startedAtMs: number;
  productionAtMs: number | null;
}

/** Experiments to production: the share of the runs started in the window that have reached production by now. */
export const etpOf = (experiments: readonly Experiment[]): Share =>
  shareOf(experiments.filter((each) => each.productionAtMs !== null).length, experiments.length);

/** A production rollout whose version had passed its gates, and how it ended. */
export interface Promotion {
  rolloutId: string;
  state: string;
  finishedAtMs: number;
}

/** Gate false negatives: rollouts of versions that passed every gate and were rolled back all the same. */
export const gateFalseNegatives = (promotions: readonly Promotion[]): Share =>
  shareOf(promotions.filter((each) => each.state === "rolled_back").length, promotions.length);

/** Waiting for people as a share of the cycle, over all finished cycles; null without any. */
export function frictionOf(journeys: readonly Journey[]) {
  const finished = journeys.flatMap((journey) => {
    const stages = decompose(journey);
    return stages ? [{ journey, stages }] : [];
  });
  const total = finished.reduce((sum, each) => sum + each.stages.totalMs, 0);
  const human = finished.reduce((sum, each) => sum + each.stages.reviewWait + each.stages.review, 0);
  const mean = (pick: (journey: Journey) => number) =>
    finished.length === 0
      ? null
      : finished.reduce((sum, each) => sum + pick(each.journey), 0) / finished.length;
  const gated = journeys.filter((journey) => journey.gatesPassedFirst !== null);
  return {
    n: finished.length,
    humanShare: total === 0 ? null : human / total,
    touches: mean((journey) => journey.touches),
    returns: mean((journey) => journey.returns),
    firstPass: shareOf(gated.filter((journey) => journey.gatesPassedFirst).length, gated.length),
  };
}

/** Median length of each stage over the finished cycles, and the mean, which sums to the mean cycle. */
export function stagesOf(journeys: readonly Journey[]) {
  const all = journeys.flatMap((journey) => decompose(journey) ?? []);
  return STAGES.map(({ key, label }) => {
    const values = all.map((each) => each[key]);
    const sum = values.reduce((total, value) => total + value, 0);
    return {
      key,
      label,
      meanMs: all.length === 0 ? null : sum / all.length,
      p50Ms: nearestRank(values, 0.5),
    };
  });
}
