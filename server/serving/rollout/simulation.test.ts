import { describe, expect, it } from "vitest";
import { planPower, type TrafficProfile } from "./power";
import { RolloutPlan } from "./schemas";
import { shareOf, simulateMany, type Flow, type Outcome, type Truth } from "./simulate";

const HOUR_MS = 3_600_000;
const flow: Flow = { requestsPerSecond: 50, labelShare: 0.5 };
const truth: Truth = { error: 0.01, slow: 0.01, accuracy: 0.75 };
const ALL = { errorRate: {}, slowShare: { latencyBoundMs: 100 }, accuracy: {} };

function planOf(
  shares: [number, number][],
  criteria: Record<string, unknown>,
  maxDurationMs = 1e9,
): RolloutPlan {
  const stages = shares.map(([sharePercent, minRequests]) => ({ sharePercent, minRequests, maxDurationMs }));
  return RolloutPlan.parse({ stages, criteria });
}

const p90 = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1] ?? Number.POSITIVE_INFINITY;
const p90Of = (outcomes: Outcome[], of: "canaryRequests" | "canaryFeedback") =>
  p90(outcomes.map((outcome) => outcome[of]));

describe("equally good versions", () => {
  const few: Truth = { error: 0.001, slow: 0.002, accuracy: 0.98 };
  const RUNS = 400;
  // Two in a hundred are allowed; what 400 rollouts may show of it by chance is three standard errors more.
  const allowed = 0.02 + 3 * Math.sqrt((0.02 * 0.98) / RUNS);
  it.each([
    ["proven, usual rates", { ...ALL, accuracy: { maxDrop: 0.06 } }, truth],
    ["proven, few events", ALL, few],
    ["not worse, usual rates", { ...ALL, advanceWhen: "not-worse" }, truth],
    ["not worse, few events", { ...ALL, advanceWhen: "not-worse" }, few],
    [
      "not worse, with a limit on slow requests",
      { slowShare: { latencyBoundMs: 100, maxShare: 0.01 }, advanceWhen: "not-worse" },
      truth,
    ],
  ] as const)("are kept: %s", (_name, criteria, both) => {
    const plan = planOf(
      [
        [10, 500],
        [50, 1000],
      ],
      criteria,
      HOUR_MS,
    );
    expect(shareOf(simulateMany(RUNS, plan, flow, both, both), "rollback")).toBeLessThanOrEqual(allowed);
  });
});

describe("one arm that has shown little", () => {
  const RUNS = 400;
  const allowed = 0.02 + 3 * Math.sqrt((0.02 * 0.98) / RUNS);
  const numbers: Truth = { ...truth, meanError: 2 };
  const squared = { squaredError: {}, advanceWhen: "proven" };
  const limited = { slowShare: { latencyBoundMs: 100, maxShare: 0.01 }, advanceWhen: "not-worse" };

  // Few requests of stable may look as if it kept the limit, and the few errors of either arm as if none were large.
  it.each([
    ["a limit that neither keeps", limited, { ...truth, slow: 0.02 }],
    ["errors of numbers", squared, numbers],
  ] as const)("makes no false alarm where stable is the small one: %s", (_name, criteria, both) => {
    const plan = planOf([[90, 20_000]], criteria, HOUR_MS / 4);
    expect(shareOf(simulateMany(RUNS, plan, flow, both, both), "rollback")).toBeLessThanOrEqual(allowed);
  });

  it("proves nothing where the canary is the small one", () => {
    const plan = planOf([[5, 50]], squared, HOUR_MS / 4);
    const worse = { ...numbers, meanError: 2 * Math.sqrt(1.1) };
    expect(shareOf(simulateMany(RUNS, plan, flow, numbers, worse), "complete")).toBeLessThanOrEqual(allowed);
  });
});

describe("losses beyond the margin", () => {
  // The losses that a plan which only watches lets through: it ends as soon as the requests are there.
  it.each([
    ["errors 1 % to 3 %", { ...truth, error: 0.03 }],
    ["accuracy 75 % to 70 %", { ...truth, accuracy: 0.7 }],
    ["slow requests 1 % to 4 %", { ...truth, slow: 0.04 }],
  ])("are never promoted when a stage needs proof: %s", (_name, worse) => {
    const shares: [number, number][] = [
      [10, 100],
      [25, 200],
      [50, 400],
    ];
    const criteria = {
      ...ALL,
      accuracy: { maxDrop: 0.03 },
      slowShare: { latencyBoundMs: 100, maxIncrease: 0.02 },
    };
    const outcomes = simulateMany(150, planOf(shares, criteria, HOUR_MS), flow, truth, worse);
    expect(shareOf(outcomes, "complete")).toBeLessThanOrEqual(0.02);
    const watched = planOf(shares, { ...criteria, advanceWhen: "not-worse" }, HOUR_MS);
    expect(shareOf(simulateMany(150, watched, flow, truth, worse), "complete")).toBeGreaterThan(0.1);
  });

  it.each([
    [5, "all criteria", ALL],
    [10, "the error criterion alone", { errorRate: {} }],
  ])(
    "5x errors are caught at %s % share, %s, within 300 canary requests at p90",
    (share, _name, criteria) => {
      const plan = planOf([[share, 2000]], criteria);
      const outcomes = simulateMany(300, plan, flow, truth, { ...truth, error: 0.05 });
      expect(shareOf(outcomes, "rollback")).toBeGreaterThanOrEqual(0.99);
      expect(p90Of(outcomes, "canaryRequests")).toBeLessThanOrEqual(300);
    },
  );

  it.each([10, 50])("accuracy 0.75 -> 0.45 is caught at %s % share within 200 labels at p90", (share) => {
    const plan = planOf([[share, 2000]], ALL);
    const outcomes = simulateMany(300, plan, flow, truth, { ...truth, accuracy: 0.45 });
    expect(shareOf(outcomes, "rollback")).toBeGreaterThanOrEqual(0.99);
    expect(p90Of(outcomes, "canaryFeedback")).toBeLessThanOrEqual(200);
  });
});

describe("the power that a plan states before it starts", () => {
  const profile: TrafficProfile = {
    requestsPerSecond: flow.requestsPerSecond,
    errorRate: truth.error,
    slowShare: truth.slow,
    labelShare: flow.labelShare,
    accuracy: truth.accuracy,
    numeric: { absolute: 2, squared: 8, fourth: 384 },
  };
  const RUNS = 250;
  /** Chance of one run, plus what a normal approximation of skewed errors is off by at few labels. */
  const TOLERANCE = 0.1;

  it.each([
    ["errors", { errorRate: { maxIncrease: 0.01 } }, { error: 0.025 }, [0.05, 0.1, 0.3]],
    [
      "slow requests",
      { slowShare: { latencyBoundMs: 100, maxIncrease: 0.02 } },
      { slow: 0.04 },
      [0.02, 0.05, 0.1],
    ],
    ["accuracy", { accuracy: { maxDrop: 0.05 } }, { accuracy: 0.675 }, [0.05, 0.1, 0.2]],
    ["errors of numbers", { absoluteError: { maxIncrease: 0.1 } }, { meanError: 2.3 }, [0.05, 0.15, 0.3]],
  ] as const)("is what happens: %s", (_name, criteria, worse, hours) => {
    const stable = { ...truth, meanError: 2 };
    for (const length of hours) {
      const plan = planOf([[20, 50]], criteria, length * HOUR_MS);
      const told = planPower(plan, profile);
      const lost = simulateMany(RUNS, plan, flow, stable, { ...stable, ...worse });
      const equal = simulateMany(RUNS, plan, flow, stable, stable);
      const where = `${length} h: ${JSON.stringify(told)}`;
      expect(Math.abs(shareOf(lost, "rollback") - (told.metrics[0]?.noticed ?? 9)), where).toBeLessThan(
        TOLERANCE,
      );
      expect(Math.abs(shareOf(equal, "complete") - told.promoted), where).toBeLessThan(TOLERANCE);
    }
  });
});
