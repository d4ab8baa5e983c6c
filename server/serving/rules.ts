import type { PromotionWatch, RolloutPlan } from "./rollout/schemas";

export const ENVIRONMENTS = ["staging", "production"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** The environment of a stored deployment, whose column is a text. */
export const environmentOf = ({ environment }: { environment: string }): Environment =>
  environment === "staging" ? "staging" : "production";

/** Parameters of a request to which the protocol itself gives a meaning: a model's own of the same name cannot be set. */
export const PROTOCOL_PARAMETERS: readonly string[] = ["binary_data_output", "priority", "timeout"];

const HOUR_MS = 3_600_000;

/**
 * What a canary is judged by where nobody says otherwise: errors, slowness and (once feedback comes) accuracy, each proven no worse than
 * allowed before the share grows.
 */
export function standardCriteria(latencyBoundMs: number): RolloutPlan["criteria"] {
  return {
    advanceWhen: "proven",
    errorRate: { maxIncrease: 0.01 },
    slowShare: { latencyBoundMs, maxIncrease: 0.02 },
    accuracy: { maxDrop: 0.03, minFeedback: 100 },
    alpha: 0.02,
    onTimeout: "hold",
    minBadEvents: 8,
    hardKill: { consecutiveFailures: 5, errorShare: 0.5, minRequests: 25 },
  };
}

/**
 * How a promoted version is watched where the plan does not say: for a day, and in production it goes back by itself. What was promoted
 * before there was a choice is only told of.
 */
export const usualWatch = (environment: string | null): PromotionWatch => ({
  onWorse: environment === "production" ? "rollback" : "offer",
  durationMs: 24 * HOUR_MS,
});

/** The standard canary where nothing is known of the traffic; `sizedPlan` fits the stages to what is observed. */
export function standardPlan(latencyBoundMs: number): RolloutPlan {
  return {
    stages: [
      { sharePercent: 10, minRequests: 100, maxDurationMs: 8 * HOUR_MS },
      { sharePercent: 25, minRequests: 200, maxDurationMs: HOUR_MS },
      { sharePercent: 50, minRequests: 400, maxDurationMs: HOUR_MS },
    ],
    criteria: standardCriteria(latencyBoundMs),
  };
}

/** Names a deployment after its model: lower case, digits and hyphens. */
export function deploymentNameOf(model: string, environment: string): string {
  const base = model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
  const name = base.length >= 2 ? base : `model-${base}`;
  return environment === "production" ? name : `${name}-${environment}`;
}

export interface CountsPerSecond {
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
}

/** Upper bound of latency bucket `index`, milliseconds: 0.1 ms · 1.25^index. */
export const bucketBoundMs = (index: number): number => 0.1 * 1.25 ** index;

/** Bucket of a latency; 80 buckets reach about 76 minutes. */
export function bucketOf(latencyMs: number): number {
  if (latencyMs <= 0.1) return 0;
  return Math.min(79, Math.ceil(Math.log(latencyMs / 0.1) / Math.log(1.25)));
}

/** The smallest bucket bound that `share` of the counted requests do not exceed; null without counts. */
export function quantileMs(buckets: Readonly<Record<string, number>>, share: number): number | null {
  const entries = Object.entries(buckets)
    .map(([index, count]) => [Number(index), count] as const)
    .toSorted(([a], [b]) => a - b);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const [index, count] of entries) {
    seen += count;
    if (seen >= share * total) return bucketBoundMs(index);
  }
  return bucketBoundMs(79);
}
