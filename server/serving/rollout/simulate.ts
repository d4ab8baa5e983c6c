import { decideRollout } from "./decide";
import { random } from "./random";
import type { ArmCounts, RolloutEvidence, RolloutPlan, StageObservation } from "./schemas";

/** How one version behaves; errors of numbers are exponential with this mean. */
export interface Truth {
  readonly error: number;
  readonly slow: number;
  readonly accuracy: number;
  readonly meanError?: number;
}

/** What comes in: requests a second, and the share of them whose outcome becomes known. */
export interface Flow {
  readonly requestsPerSecond: number;
  readonly labelShare: number;
}

export interface Outcome {
  readonly end: "complete" | "rollback" | "hold";
  readonly seconds: number;
  readonly canaryRequests: number;
  readonly canaryFeedback: number;
}

type Roll = () => number;

/** How many of `n` happen, by jumping from one to the next: exact, and quick where they are rare. */
function happens(n: number, p: number, roll: Roll): number {
  if (p <= 0 || n <= 0) return 0;
  if (p > 0.5) return n - happens(n, 1 - p, roll);
  const scale = Math.log(1 - p);
  let count = -1;
  for (let at = 0; at <= n; count += 1) at += Math.floor(Math.log(1 - roll()) / scale) + 1;
  return count;
}

function serve(arm: ArmCounts, requests: number, truth: Truth, flow: Flow, roll: Roll): void {
  const labels = happens(requests, flow.labelShare, roll);
  arm.requests += requests;
  arm.errors += happens(requests, truth.error, roll);
  arm.slow += happens(requests, truth.slow, roll);
  arm.feedback += labels;
  arm.correct += happens(labels, truth.accuracy, roll);
  if (truth.meanError === undefined) return;
  const sums = (arm.numeric ??= { n: 0, absolute: 0, squared: 0, fourth: 0 });
  for (let label = 0; label < labels; label += 1) {
    const error = -truth.meanError * Math.log(1 - roll());
    sums.n += 1;
    sums.absolute += error;
    sums.squared += error ** 2;
    sums.fourth += error ** 4;
  }
}

const empty = (): ArmCounts => ({ requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 });

/** A look comes when the canary has this many requests more, later when it has three in a hundred more. */
const FIRST_LOOKS = 25;
const GROWTH = 0.03;

/**
 * Plays a rollout from its start to its end with the real decision rule, looking often, as the controller does. Time passes with the
 * requests; the run of failures that the emergency brake reads is left out.
 */
export function simulate(plan: RolloutPlan, flow: Flow, stable: Truth, canary: Truth, seed: number): Outcome {
  const roll = random(seed);
  const stages: StageObservation[] = [];
  let evidence: RolloutEvidence = {};
  let seconds = 0;
  for (let stageIndex = 0; ; stageIndex += 1) {
    const share = (plan.stages[stageIndex]?.sharePercent ?? 0) / 100;
    const counts = { stable: empty(), canary: empty() };
    const stageStartedAtMs = seconds * 1000;
    stages.push(counts);
    for (;;) {
      const seen = stages.reduce((sum, each) => sum + each.canary.requests, 0);
      const requests = Math.ceil(Math.max(FIRST_LOOKS, seen * GROWTH) / share);
      const toCanary = happens(requests, share, roll);
      serve(counts.canary, toCanary, canary, flow, roll);
      serve(counts.stable, requests - toCanary, stable, flow, roll);
      seconds += requests / flow.requestsPerSecond;
      const snapshot = { plan, stageIndex, stageStartedAtMs, evidence };
      const decision = decideRollout(snapshot, { stages, consecutiveFailures: 0 }, seconds * 1000);
      evidence = decision.evidence;
      if (decision.action === "wait") continue;
      if (decision.action === "advance") break;
      return {
        end: decision.action,
        seconds,
        canaryRequests: stages.reduce((sum, each) => sum + each.canary.requests, 0),
        canaryFeedback: stages.reduce((sum, each) => sum + each.canary.feedback, 0),
      };
    }
  }
}

/** Many rollouts of the same kind, each with its own traffic. */
export const simulateMany = (
  runs: number,
  plan: RolloutPlan,
  flow: Flow,
  stable: Truth,
  canary: Truth,
): Outcome[] =>
  Array.from({ length: runs }, (_, run) => simulate(plan, flow, stable, canary, 7919 * (run + 1)));

/** Share of rollouts that ended so. */
export const shareOf = (outcomes: readonly Outcome[], end: Outcome["end"]): number =>
  outcomes.filter((outcome) => outcome.end === end).length / outcomes.length;
