import type { Proportion } from "../stats";
import type { ArmCounts, MetricName, RolloutCriteria } from "./schemas";

/** Mixture scale relative to the margin: detection is fastest for effects of a few margins, the usual regressions. */
const TAU_PER_MARGIN: Record<MetricName, number> = { errorRate: 2, slowShare: 2, accuracy: 2 };

/** How one metric of a rollout is tested; all shares are of bad events, so accuracy is tested as the share of wrong answers. */
export interface MetricTest {
  metric: MetricName;
  /** Largest acceptable rise of the bad share. */
  margin: number;
  /** Scale of the mixture of the sequential test. */
  tau: number;
  /** One-sided level of this metric: the rollout's alpha is shared by all its metrics (Bonferroni). */
  alpha: number;
  minTrials: number;
  bad: (arm: ArmCounts) => Proportion;
}

/** The tests that a rollout's criteria ask for, in the order in which they are shown. */
export function metricTests(criteria: RolloutCriteria): MetricTest[] {
  const { errorRate, slowShare, accuracy } = criteria;
  const found: Omit<MetricTest, "tau" | "alpha">[] = [];
  if (errorRate) {
    const bad = (arm: ArmCounts) => ({ events: arm.errors, n: arm.requests });
    found.push({ metric: "errorRate", margin: errorRate.maxIncrease, minTrials: 1, bad });
  }
  if (slowShare) {
    const bad = (arm: ArmCounts) => ({ events: arm.slow, n: arm.requests });
    found.push({ metric: "slowShare", margin: slowShare.maxIncrease, minTrials: 1, bad });
  }
  if (accuracy) {
    const bad = (arm: ArmCounts) => ({ events: arm.feedback - arm.correct, n: arm.feedback });
    found.push({ metric: "accuracy", margin: accuracy.maxDrop, minTrials: accuracy.minFeedback, bad });
  }
  return found.map((test) => ({
    ...test,
    tau: test.margin * TAU_PER_MARGIN[test.metric],
    alpha: criteria.alpha / found.length,
  }));
}
