import { describe, expect, it } from "vitest";
import { decideRollout, type StageAction } from "./decide";
import { type ArmCounts, type RolloutEvidence, RolloutPlan, type StageObservation } from "./schemas";

/** mulberry32: small seeded generator, so that every run sees the same traffic. */
function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Truth = { error: number; slow: number; accuracy: number };
type Outcome = { action: StageAction; canaryRequests: number; canaryFeedback: number };

const ALL = { errorRate: {}, slowShare: { latencyBoundMs: 100 }, accuracy: {} };
const empty = (): ArmCounts => ({ requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 });

function serve(arm: ArmCounts, truth: Truth, roll: () => number): boolean {
  const failed = roll() < truth.error;
  arm.requests += 1;
  if (failed) arm.errors += 1;
  if (roll() < truth.slow) arm.slow += 1;
  if (roll() < 0.5) {
    arm.feedback += 1;
    if (roll() < truth.accuracy) arm.correct += 1;
  }
  return failed;
}

/** Plays one rollout request by request, deciding after every 25 canary requests. */
function play(plan: RolloutPlan, stable: Truth, canary: Truth, seed: number): Outcome {
  const roll = random(seed);
  const stages: StageObservation[] = [];
  let evidence: RolloutEvidence = {};
  let row = 0;
  let canaryRequests = 0;
  let canaryFeedback = 0;
  for (let stageIndex = 0; ; stageIndex += 1) {
    const counts = { stable: empty(), canary: empty() };
    stages.push(counts);
    const share = (plan.stages[stageIndex]?.sharePercent ?? 0) / 100;
    for (let action: StageAction = "wait"; action === "wait";) {
      for (let served = 0; served < 25;) {
        if (roll() >= share) serve(counts.stable, stable, roll);
        else {
          row = serve(counts.canary, canary, roll) ? row + 1 : 0;
          served += 1;
        }
      }
      const snapshot = { plan, stageIndex, stageStartedAtMs: 0, evidence };
      const decision = decideRollout(snapshot, { stages, consecutiveFailures: row }, 0);
      ({ action, evidence } = decision);
      canaryRequests = stages.reduce((n, s) => n + s.canary.requests, 0);
      canaryFeedback = stages.reduce((n, s) => n + s.canary.feedback, 0);
      if (action === "rollback" || action === "complete") return { action, canaryRequests, canaryFeedback };
    }
  }
}

function planOf(shares: [number, number][], criteria: Record<string, unknown>): RolloutPlan {
  const stages = shares.map(([sharePercent, minRequests]) => ({
    sharePercent,
    minRequests,
    maxDurationMs: 1e9,
  }));
  return RolloutPlan.parse({ stages, criteria });
}

function many(runs: number, plan: RolloutPlan, stable: Truth, canary: Truth): Outcome[] {
  return Array.from({ length: runs }, (_, i) => play(plan, stable, canary, 7919 * (i + 1)));
}

const rolledBack = (outcomes: Outcome[]) =>
  outcomes.filter((o) => o.action === "rollback").length / outcomes.length;
const p90 = (values: number[]) =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1] ?? Infinity;
const truth: Truth = { error: 0.01, slow: 0.01, accuracy: 0.75 };

describe("simulated rollouts", () => {
  it.each([
    [
      "5% then 50%",
      [
        [5, 400],
        [50, 1000],
      ],
    ],
    [
      "10%, 25%, 50%",
      [
        [10, 500],
        [25, 500],
        [50, 500],
      ],
    ],
  ] as [string, [number, number][]][])("keeps an equally good version: %s", (_name, shares) => {
    expect(rolledBack(many(400, planOf(shares, ALL), truth, truth))).toBeLessThanOrEqual(0.06);
  });

  // With three criteria each gets a third of alpha, which costs about 25 requests at 10% share (p90 275); alone it gets all.
  it.each([
    [5, "all criteria", ALL],
    [10, "the error criterion alone", { errorRate: {} }],
  ])(
    "catches a 5x error rate at %s % share, %s, within 250 canary requests at p90",
    (share, _name, criteria) => {
      const outcomes = many(300, planOf([[share, 2000]], criteria), truth, { ...truth, error: 0.05 });
      expect(rolledBack(outcomes)).toBeGreaterThanOrEqual(0.99);
      expect(p90(outcomes.map((o) => o.canaryRequests))).toBeLessThanOrEqual(250);
    },
  );

  it.each([10, 50])("catches accuracy 0.75 -> 0.45 at %s % share within 150 labels at p90", (share) => {
    const outcomes = many(300, planOf([[share, 2000]], ALL), truth, { ...truth, accuracy: 0.45 });
    expect(rolledBack(outcomes)).toBeGreaterThanOrEqual(0.99);
    expect(p90(outcomes.map((o) => o.canaryFeedback))).toBeLessThanOrEqual(150);
  });
});
