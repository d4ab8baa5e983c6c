import { judgeMetric, type MetricVerdict } from "./judge-metric";
import { metricTests } from "./metric-tests";
import type {
  ArmCounts,
  RolloutCriteria,
  RolloutEvidence,
  RolloutObservations,
  RolloutPlan,
  RolloutStage,
} from "./schemas";
import { count, METRIC_WORDS, percent } from "./words";

export type StageAction = "wait" | "advance" | "complete" | "hold" | "rollback";

/** What the decision needs to know of a running rollout. */
export type RolloutSnapshot = {
  readonly plan: RolloutPlan;
  /** Index of the current stage in the plan. */
  readonly stageIndex: number;
  /** When the current stage began, without the time it was paused, in epoch milliseconds. */
  readonly stageStartedAtMs: number;
  /** Evidence returned by the decision before this one; empty at the start. */
  readonly evidence: RolloutEvidence;
};

export type RolloutDecision = {
  readonly action: StageAction;
  /** The rule that decided, in words. */
  readonly reason: string;
  readonly verdicts: readonly MetricVerdict[];
  /** To be stored and handed to the next decision. */
  readonly evidence: RolloutEvidence;
};

const EMPTY: ArmCounts = { requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 };

function judgeAll(
  snapshot: RolloutSnapshot,
  { stages }: RolloutObservations,
  timedOut: boolean,
): MetricVerdict[] {
  const { criteria } = snapshot.plan;
  return metricTests(criteria).map((test) =>
    judgeMetric({
      test,
      stages,
      minBadEvents: criteria.minBadEvents,
      previousP: snapshot.evidence[test.metric],
      timedOut,
    }),
  );
}

function hardKillReason(criteria: RolloutCriteria, observed: RolloutObservations): string | null {
  const { consecutiveFailures, errorShare, minRequests } = criteria.hardKill;
  if (observed.consecutiveFailures >= consecutiveFailures) {
    return `${count(observed.consecutiveFailures)} canary requests in a row failed; the limit is ${consecutiveFailures}.`;
  }
  const canary = observed.stages.at(-1)?.canary ?? EMPTY;
  const share = canary.requests > 0 ? canary.errors / canary.requests : 0;
  if (canary.requests < minRequests || share < errorShare) return null;
  return `${percent(share)} of ${count(canary.requests)} canary requests in this stage failed; the limit is ${percent(errorShare)} over at least ${minRequests}.`;
}

/** What still keeps the stage from ending; empty when it may end. */
function missingForAdvance(
  stage: RolloutStage,
  criteria: RolloutCriteria,
  observed: RolloutObservations,
  verdicts: readonly MetricVerdict[],
): string[] {
  const current = observed.stages.at(-1) ?? { stable: EMPTY, canary: EMPTY };
  const missing: string[] = [];
  const arms = stage.sharePercent < 100 ? (["canary", "stable"] as const) : (["canary"] as const);
  for (const arm of arms) {
    const short = stage.minRequests - current[arm].requests;
    if (short > 0) missing.push(`${count(short)} more ${arm} requests in this stage`);
  }
  for (const v of verdicts) {
    const subject = METRIC_WORDS[v.metric].subject.toLowerCase();
    if (!v.measured) missing.push(`measurements of ${subject}`);
    else if (criteria.advanceWhen === "proven" && v.status !== "pass")
      missing.push(`proof that ${subject} is no worse than allowed`);
  }
  return missing;
}

/**
 * Decides what a running rollout does next. Pure: same snapshot, counts and clock, same answer.
 *
 * Order: hard limits, then a failed metric (both roll back), then advance or complete when every required number is there,
 * then the time-out policy, else wait. In mode "proven" every metric must be shown no worse than allowed before a stage ends; in mode
 * "not-worse" it is enough that none is shown worse. Absence of data can only wait, hold or roll back; it never advances.
 */
export function decideRollout(
  snapshot: RolloutSnapshot,
  observed: RolloutObservations,
  nowMs: number,
): RolloutDecision {
  const { stages, criteria } = snapshot.plan;
  const stage = stages[snapshot.stageIndex];
  if (stage === undefined) throw new RangeError(`The rollout has no stage ${snapshot.stageIndex}.`);
  if (observed.stages.length > snapshot.stageIndex + 1) {
    throw new RangeError(
      `Observations of ${observed.stages.length} stages for stage index ${snapshot.stageIndex}.`,
    );
  }
  // The current stage is always the last entry; a missing entry means that nothing was seen in it.
  const padded = Array.from(
    { length: snapshot.stageIndex + 1 },
    (_, i) => observed.stages[i] ?? { stable: EMPTY, canary: EMPTY },
  );
  const seen: RolloutObservations = { ...observed, stages: padded };
  const timedOut = nowMs - snapshot.stageStartedAtMs >= stage.maxDurationMs;
  const verdicts = judgeAll(snapshot, seen, timedOut);
  const evidence: RolloutEvidence = Object.fromEntries(verdicts.map((v) => [v.metric, v.p]));
  const answer = (action: StageAction, reason: string): RolloutDecision => ({
    action,
    reason,
    verdicts,
    evidence,
  });

  const killed = hardKillReason(criteria, seen);
  if (killed !== null) return answer("rollback", killed);
  const failed = verdicts.find((v) => v.status === "fail");
  if (failed !== undefined) return answer("rollback", failed.sentence);
  const missing = missingForAdvance(stage, criteria, seen, verdicts);
  if (missing.length === 0) return advance(snapshot, stage, answer);
  const list = missing.join("; ");
  if (!timedOut) return answer("wait", `Waiting for ${list}.`);
  const action = criteria.onTimeout;
  const did = action === "hold" ? "Held for a person" : "Rolled back by the time-out policy";
  return answer(action, `${did}: the stage's time is over without ${list}.`);
}

function advance(
  snapshot: RolloutSnapshot,
  stage: RolloutStage,
  answer: (action: StageAction, reason: string) => RolloutDecision,
): RolloutDecision {
  const next = snapshot.plan.stages[snapshot.stageIndex + 1];
  const who = stage.sharePercent < 100 ? "Each arm has its" : "The canary has its";
  const shown =
    snapshot.plan.criteria.advanceWhen === "proven"
      ? "every metric is proven no worse than allowed"
      : "no metric fails";
  const reason = `${who} ${count(stage.minRequests)} requests and ${shown}`;
  if (next === undefined) return answer("complete", `${reason}: the last stage is done.`);
  return answer("advance", `${reason}: the share goes from ${stage.sharePercent}% to ${next.sharePercent}%.`);
}
