import { standardCriteria } from "@/server/serving/rules";
import type { RolloutPlan } from "@/server/serving/schemas";

const HOUR_MS = 3_600_000;

/**
 * A canary that the demo's twenty requests a second can prove while somebody watches: about two minutes. Its margins are wider than those a real
 * deployment would be given; the version that is degraded on purpose loses more than twice as much.
 */
export const demoPlan = (latencyBoundMs = 100): RolloutPlan => ({
  stages: [
    { sharePercent: 25, minRequests: 200, maxDurationMs: HOUR_MS },
    { sharePercent: 50, minRequests: 200, maxDurationMs: HOUR_MS },
  ],
  criteria: {
    ...standardCriteria(latencyBoundMs),
    errorRate: { maxIncrease: 0.03 },
    slowShare: { latencyBoundMs, maxIncrease: 0.05 },
    accuracy: { maxDrop: 0.1, minFeedback: 30 },
  },
});
