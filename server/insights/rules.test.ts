import { describe, expect, it } from "vitest";
import {
  decompose,
  etpOf,
  frictionOf,
  gateFalseNegatives,
  nearestRank,
  shareOf,
  STAGES,
  stagesOf,
  type Journey,
} from "./rules";

const MIN = 60_000;
/** Queued at 0; runs 2 to 12; asked for review at 15, opened at 45, decided at 60; deployed at 70; first traffic at 72. */
const good: Journey = {
  versionId: "mv_1",
  model: "risk",
  number: 1,
  startedAtMs: 0,
  runStartedAtMs: 2 * MIN,
  runEndedAtMs: 12 * MIN,
  registeredAtMs: 13 * MIN,
  reviewRequestedAtMs: 15 * MIN,
  reviewTouchedAtMs: 45 * MIN,
  reviewDecidedAtMs: 60 * MIN,
  deployStartedAtMs: 70 * MIN,
  productionAtMs: 72 * MIN,
  returns: 0,
  touches: 2,
  gatesPassedFirst: true,
};
const sumOf = (journey: Journey) => {
  const stages = decompose(journey);
  return stages && STAGES.reduce((sum, { key }) => sum + stages[key], 0) - stages.totalMs;
};

describe("cycle time", () => {
  it("is split at the events", () => {
    expect(decompose(good)).toEqual({
      queue: 2 * MIN,
      run: 10 * MIN,
      register: 3 * MIN,
      reviewWait: 30 * MIN,
      review: 15 * MIN,
      deployWait: 10 * MIN,
      deploy: 2 * MIN,
      totalMs: 72 * MIN,
    });
  });

  it.each([
    [
      "no review and no job",
      {
        ...good,
        runStartedAtMs: null,
        reviewRequestedAtMs: null,
        reviewTouchedAtMs: null,
        reviewDecidedAtMs: null,
      },
    ],
    ["a review asked before the run ended", { ...good, reviewRequestedAtMs: 5 * MIN }],
    ["a run that ended after production", { ...good, runEndedAtMs: 500 * MIN }],
    ["events before the start", { ...good, runStartedAtMs: -9 * MIN, deployStartedAtMs: -1 }],
  ])("sums to the whole with %s", (_name, journey) => {
    expect(sumOf(journey)).toBe(0);
    expect(Math.min(...STAGES.map(({ key }) => decompose(journey)?.[key] ?? -1))).toBeGreaterThanOrEqual(0);
  });

  it("is open before production", () => {
    expect(decompose({ ...good, productionAtMs: null })).toBeUndefined();
    expect(stagesOf([{ ...good, productionAtMs: null }])[0]?.meanMs).toBeNull();
  });

  it("reports nearest ranks", () => {
    const values = [15, 20, 35, 40, 50];
    expect([0.05, 0.3, 0.4, 0.5, 1].map((share) => nearestRank(values, share))).toEqual([15, 20, 20, 35, 50]);
    expect(nearestRank([], 0.5)).toBeNull();
  });
});

describe("shares", () => {
  it("carry Wilson intervals", () => {
    expect(shareOf(90, 100)).toMatchObject({
      value: 0.9,
      lo: expect.closeTo(0.826, 3),
      hi: expect.closeTo(0.945, 3),
    });
    expect(shareOf(0, 0)).toMatchObject({ value: null, lo: null });
  });

  it("count experiments that reached production, and promotions that came back", () => {
    const run = (runId: string, productionAtMs: number | null) => ({ runId, startedAtMs: 0, productionAtMs });
    expect(etpOf([run("a", 5), run("b", null), run("c", null), run("d", null)])).toMatchObject({
      value: 0.25,
      n: 4,
    });
    const rollout = (state: string) => ({ rolloutId: state, state, finishedAtMs: 1 });
    expect(gateFalseNegatives([rollout("succeeded"), rollout("rolled_back")])).toMatchObject({
      events: 1,
      n: 2,
    });
  });

  it("measure friction over finished cycles only", () => {
    const open = { ...good, productionAtMs: null, gatesPassedFirst: false };
    expect(frictionOf([good, open])).toMatchObject({
      n: 1,
      humanShare: 45 / 72,
      touches: 2,
      returns: 0,
      firstPass: { events: 1, n: 2 },
    });
    expect(frictionOf([])).toMatchObject({ n: 0, humanShare: null, touches: null });
  });
});
