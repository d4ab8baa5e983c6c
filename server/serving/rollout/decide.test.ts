import { describe, expect, it } from "vitest";
import { decideRollout, type RolloutSnapshot } from "./decide";
import { type ArmCounts, RolloutPlan, type RolloutObservations, StoredCriteria } from "./schemas";
import {
  allowedActions,
  isFinished,
  nextRolloutState,
  ROLLOUT_EVENTS,
  ROLLOUT_STATES,
  statesAllowing,
} from "./states";
import { StoredVerdict } from "./stored-verdict";

const MINUTE = 60_000;

function arm(counts: Partial<ArmCounts> = {}): ArmCounts {
  return { requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0, ...counts };
}

function plan(criteria: Record<string, unknown> = { errorRate: {} }): RolloutPlan {
  return RolloutPlan.parse({
    stages: [
      { sharePercent: 10, minRequests: 100, maxDurationMs: 10 * MINUTE },
      { sharePercent: 50, minRequests: 500, maxDurationMs: 10 * MINUTE },
    ],
    criteria: { advanceWhen: "not-worse", alpha: 0.05, ...criteria },
  });
}

function at(stageIndex: number, over: Partial<RolloutSnapshot> = {}): RolloutSnapshot {
  return { plan: plan(), stageIndex, stageStartedAtMs: 0, evidence: {}, ...over };
}

function seen(stable: ArmCounts, canary: ArmCounts, consecutiveFailures = 0): RolloutObservations {
  return { stages: [{ stable, canary }], consecutiveFailures };
}

const good = seen(arm({ requests: 1000, errors: 10 }), arm({ requests: 120, errors: 1 }));

describe("decideRollout", () => {
  it("advances when both arms have their requests and nothing fails", () => {
    const d = decideRollout(at(0), good, MINUTE);
    expect(d.action).toBe("advance");
    expect(d.reason).toContain("10% to 50%");
    expect(d.verdicts[0]?.status).toBe("watching");
    expect(d.verdicts[0]?.sentence).toMatch(/needs about [\d,]+ more canary requests/);
  });

  it("completes after the last stage only", () => {
    const counts = { stable: arm({ requests: 600, errors: 6 }), canary: arm({ requests: 600, errors: 6 }) };
    const observed = { stages: [...good.stages, counts], consecutiveFailures: 0 };
    expect(decideRollout(at(1), observed, MINUTE).action).toBe("complete");
  });

  it("counts a stage's requests afresh", () => {
    const empty = { stable: arm(), canary: arm() };
    const big = { stable: arm({ requests: 90_000 }), canary: arm({ requests: 9_000 }) };
    expect(decideRollout(at(1), { stages: [big, empty], consecutiveFailures: 0 }, MINUTE).action).toBe(
      "wait",
    );
    expect(decideRollout(at(1), { stages: [big], consecutiveFailures: 0 }, MINUTE).action).toBe("wait");
  });

  it("waits for the stable arm too", () => {
    const d = decideRollout(at(0), seen(arm({ requests: 20 }), arm({ requests: 500 })), MINUTE);
    expect([d.action, d.reason]).toEqual(["wait", "Waiting for 80 more stable requests in this stage."]);
  });

  it("waits for feedback when accuracy is a criterion", () => {
    const observed = seen(
      arm({ requests: 1000, feedback: 500, correct: 400 }),
      arm({ requests: 200, feedback: 29, correct: 25 }),
    );
    const snapshot = at(0, { plan: plan({ errorRate: {}, accuracy: { minFeedback: 30 } }) });
    const d = decideRollout(snapshot, observed, MINUTE);
    expect(d.action).toBe("wait");
    expect(d.reason).toContain("measurements of accuracy");
    expect(decideRollout(snapshot, observed, 10 * MINUTE).action).toBe("hold");
  });

  it("rolls back on five failures in a row, and on half of 25", () => {
    expect(decideRollout(at(0), seen(arm(), arm({ requests: 5, errors: 5 }), 5), 0).action).toBe("rollback");
    const half = decideRollout(at(0), seen(arm({ requests: 100 }), arm({ requests: 25, errors: 13 })), 0);
    expect(half.action).toBe("rollback");
    expect(half.reason).toContain("52.0%");
    expect(decideRollout(at(0), seen(arm(), arm({ requests: 24, errors: 13 })), 0).action).toBe("wait");
  });

  it("does not roll back on few bad events, however unlikely, nor remembers them", () => {
    const stable = arm({ requests: 100_000, feedback: 100_000, correct: 90_000 });
    const few = decideRollout(at(0), seen(stable, arm({ requests: 40, errors: 7 })), 0);
    expect([few.action, few.evidence.errorRate]).toEqual(["wait", 1]);
    expect(decideRollout(at(0), seen(stable, arm({ requests: 40, errors: 8 })), 0).action).toBe("rollback");
  });

  it("does not judge accuracy by fewer labels than the criteria ask for, nor remembers them", () => {
    const stable = arm({ requests: 1000, feedback: 1000, correct: 900 });
    const snapshot = at(0, { plan: plan({ accuracy: { minFeedback: 30 } }) });
    const few = decideRollout(snapshot, seen(stable, arm({ requests: 29, feedback: 29, correct: 9 })), 0);
    expect([few.action, few.evidence.accuracy]).toEqual(["wait", 1]);
    const enough = seen(stable, arm({ requests: 30, feedback: 30, correct: 10 }));
    expect(decideRollout(snapshot, enough, 0).action).toBe("rollback");
  });

  it("fails on a real rise beyond the margin and says so", () => {
    const d = decideRollout(
      at(0),
      seen(arm({ requests: 9500, errors: 95 }), arm({ requests: 500, errors: 25 })),
      0,
    );
    expect(d.action).toBe("rollback");
    expect(d.verdicts[0]?.interval?.low).toBeGreaterThan(0);
    expect(d.reason).toMatch(/Error rate 5\.0% on canary \(500 requests\) against 1\.0% on stable/);
  });

  it("does not fail on a real rise within the margin, and passes when that is proven", () => {
    const observed = seen(arm({ requests: 1e6, errors: 1000 }), arm({ requests: 1e6, errors: 2000 }));
    const d = decideRollout(at(0), observed, 0);
    expect(d.verdicts[0]?.p).toBeLessThan(0.001);
    expect(d.verdicts[0]?.status).toBe("pass");
  });

  it("remembers the smallest p between looks", () => {
    const d = decideRollout(at(0, { evidence: { errorRate: 0.2 } }), good, 0);
    expect(d.evidence.errorRate).toBe(0.2);
  });

  it("shows accuracy as a drop with the interval turned round", () => {
    const observed = seen(
      arm({ requests: 1000, feedback: 1000, correct: 750 }),
      arm({ requests: 400, feedback: 400, correct: 180 }),
    );
    const d = decideRollout(at(0, { plan: plan({ accuracy: {} }) }), observed, 0);
    const v = d.verdicts[0];
    expect([d.action, v?.status]).toEqual(["rollback", "fail"]);
    expect(v?.canary.rate).toBeCloseTo(0.45, 10);
    expect(v?.difference).toBeCloseTo(-0.3, 10);
    expect(v?.interval?.high).toBeLessThan(0);
  });

  it("judges a stage at 100% by the canary's own requests and earlier evidence", () => {
    const full = RolloutPlan.parse({
      stages: [
        { sharePercent: 50, minRequests: 10, maxDurationMs: MINUTE },
        { sharePercent: 100, minRequests: 50, maxDurationMs: MINUTE },
      ],
      criteria: { advanceWhen: "not-worse", errorRate: {} },
    });
    const last = { stable: arm(), canary: arm({ requests: 60 }) };
    const d = decideRollout(
      at(1, { plan: full }),
      { stages: [...good.stages, last], consecutiveFailures: 0 },
      0,
    );
    expect(d.action).toBe("complete");
  });
});

describe("a plan that advances only when proven", () => {
  const proven = (criteria: Record<string, unknown>) => plan({ advanceWhen: "proven", ...criteria });
  const enough = seen(arm({ requests: 30_000, errors: 300 }), arm({ requests: 3_400, errors: 34 }));

  it("is what a plan says when it says nothing", () => {
    const { stages } = plan();
    expect(RolloutPlan.parse({ stages, criteria: { errorRate: {} } }).criteria).toMatchObject({
      advanceWhen: "proven",
      alpha: 0.02,
    });
  });

  it("waits for the proof although every request is there, says so, and advances with it", () => {
    const snapshot = at(0, { plan: proven({ errorRate: {} }) });
    const d = decideRollout(snapshot, good, MINUTE);
    expect([d.action, d.reason]).toEqual([
      "wait",
      "Waiting for proof that error rate is no worse than allowed.",
    ]);
    const done = decideRollout(snapshot, enough, MINUTE);
    expect([done.action, done.verdicts[0]?.status]).toEqual(["advance", "pass"]);
    expect(done.reason).toContain("every metric is proven no worse than allowed");
  });

  it.each(["hold", "rollback"] as const)(
    "does what its policy says when the time is over: %s",
    (onTimeout) => {
      const d = decideRollout(at(0, { plan: proven({ errorRate: {}, onTimeout }) }), good, 10 * MINUTE);
      expect(d.action).toBe(onTimeout);
      expect(d.reason).toContain("without proof that error rate is no worse than allowed");
    },
  );

  it("needs the proof of every metric", () => {
    const observed = seen(
      arm({ requests: 30_000, errors: 300, feedback: 900, correct: 700 }),
      arm({ requests: 3_400, errors: 34, feedback: 150, correct: 116 }),
    );
    const d = decideRollout(at(0, { plan: proven({ errorRate: {}, accuracy: {} }) }), observed, MINUTE);
    expect(d.verdicts.map(({ status }) => status)).toEqual(["pass", "watching"]);
    expect(d.reason).toBe("Waiting for proof that accuracy is no worse than allowed.");
  });

  it("still rolls back a shown loss", () => {
    const bad = seen(arm({ requests: 9500, errors: 95 }), arm({ requests: 500, errors: 25 }));
    expect(decideRollout(at(0, { plan: proven({ errorRate: {} }) }), bad, 0).action).toBe("rollback");
  });
});

describe("a limit on slow requests beside the comparison", () => {
  const slow = (maxShare: number) =>
    at(0, {
      plan: plan({ advanceWhen: "proven", slowShare: { latencyBoundMs: 100, maxIncrease: 0.02, maxShare } }),
    });
  const judged = (maxShare: number, stable: [number, number], canary: [number, number]) =>
    decideRollout(
      slow(maxShare),
      seen(arm({ requests: stable[1], slow: stable[0] }), arm({ requests: canary[1], slow: canary[0] })),
      MINUTE,
    );

  it("passes what is no slower than stable and shown to keep the bound", () => {
    const d = judged(0.02, [300, 60_000], [30, 6_000]);
    expect([d.action, d.verdicts[0]?.limit?.state]).toEqual(["advance", "kept"]);
  });

  it("waits where it is no slower than stable but not yet shown to keep the bound", () => {
    const d = judged(0.007, [300, 60_000], [30, 6_000]);
    expect([d.action, d.verdicts[0]?.limit?.state]).toEqual(["wait", "open"]);
    expect(d.verdicts[0]?.sentence).toContain("Not yet shown to stay under its limit of 0.70%");
  });

  it("fails what breaks the bound and stable keeps, within the margin to stable", () => {
    const d = judged(0.01, [300, 60_000], [110, 6_000]);
    expect([d.action, d.verdicts[0]?.limit?.state]).toEqual(["rollback", "broken"]);
    expect(d.reason).toContain("Shown to be over its limit of 1.0%");
  });

  it("neither fails nor proves what stable breaks as well", () => {
    const d = judged(0.01, [1200, 60_000], [120, 6_000]);
    expect([d.action, d.verdicts[0]?.limit?.state]).toEqual(["wait", "excused"]);
  });

  it("does not take a few lucky requests of stable for a limit that it keeps", () => {
    const lucky = judged(0.01, [0, 60], [24, 600]);
    expect([lucky.action, lucky.verdicts[0]?.limit?.state]).toEqual(["wait", "excused"]);
    expect(lucky.verdicts[0]?.sentence).toContain("which the stable version is not shown to keep either");
    const kept = judged(0.01, [0, 6_000], [24, 600]);
    expect([kept.action, kept.verdicts[0]?.limit?.state]).toEqual(["rollback", "broken"]);
  });
});

describe("errors of numbers", () => {
  /** n errors of mean 2 with the moments of an exponential. */
  const errors = (n: number, factor = 1) =>
    arm({
      requests: n,
      feedback: n,
      numeric: { n, absolute: 2 * n * factor, squared: 8 * n * factor ** 2, fourth: 384 * n * factor ** 4 },
    });
  const snapshot = at(0, {
    plan: plan({ advanceWhen: "proven", absoluteError: {}, squaredError: { maxIncrease: 0.25 } }),
  });

  it("are proven no worse, shown worse, and neither while there are few", () => {
    const equal = decideRollout(snapshot, seen(errors(200_000), errors(20_000)), MINUTE);
    expect([equal.action, ...equal.verdicts.map((v) => v.status)]).toEqual(["advance", "pass", "pass"]);
    const worse = decideRollout(snapshot, seen(errors(200_000), errors(20_000, 1.3)), MINUTE);
    expect(worse.action).toBe("rollback");
    expect(worse.reason).toMatch(
      /^Mean absolute error 2.6 on canary \(20,000 labelled predictions\) against 2 on stable.*\+30.0%.*beyond the allowed 10.0%/,
    );
    const few = decideRollout(snapshot, seen(errors(900), errors(90, 1.3)), MINUTE);
    expect([few.action, few.evidence.absoluteError]).toEqual(["wait", 1]);
  });

  it("are no data where the truth is no number", () => {
    const d = decideRollout(snapshot, seen(arm({ requests: 500 }), arm({ requests: 500 })), MINUTE);
    expect(d.verdicts.map((v) => v.status)).toEqual(["no-data", "no-data"]);
  });
});

describe("what was stored before there was a choice", () => {
  const stored = {
    errorRate: { maxIncrease: 0.02 },
    alpha: 0.05,
    onTimeout: "hold",
    minBadEvents: 5,
    hardKill: { consecutiveFailures: 5, errorShare: 0.5, minRequests: 25 },
  };
  it("goes on by the rule it began with", () => {
    expect(StoredCriteria.parse(stored)).toEqual({ ...stored, advanceWhen: "not-worse" });
  });
  it("is still shown", () => {
    const side = { n: 10, rate: 0.1, interval: { low: 0, high: 0.3 } };
    const verdict = {
      metric: "errorRate",
      status: "watching",
      stable: side,
      canary: side,
      difference: 0,
      interval: { low: -0.1, high: 0.1 },
      p: 1,
      measured: true,
      sentence: "Not decided yet.",
      needsMore: null,
    };
    const old = { action: "wait", reason: "Waiting.", at: "2026-01-01T00:00:00.000Z", verdicts: [verdict] };
    expect(StoredVerdict.parse(old).verdicts[0]).toEqual({ ...verdict, limit: null });
  });
});

describe("no data is never success", () => {
  const criteria = [
    { errorRate: {} },
    { slowShare: { latencyBoundMs: 100 } },
    { accuracy: {} },
    { absoluteError: {} },
    { squaredError: {} },
  ];
  it.each(criteria.flatMap((each) => [each, { ...each, advanceWhen: "proven" }]))("%j", (criterion) => {
    for (const onTimeout of ["hold", "rollback"] as const) {
      const snapshot = at(0, { plan: plan({ ...criterion, onTimeout }) });
      const observations: RolloutObservations[] = [
        { stages: [], consecutiveFailures: 0 },
        seen(arm(), arm()),
        seen(arm({ requests: 5000 }), arm()),
        seen(arm(), arm({ requests: 5000 })),
      ];
      for (const observed of observations) {
        for (const now of [0, MINUTE, 10 * MINUTE, 1e12]) {
          const { action, verdicts } = decideRollout(snapshot, observed, now);
          expect(action).toBe(now < 10 * MINUTE ? "wait" : onTimeout);
          expect(verdicts[0]?.status).toBe("no-data");
        }
      }
    }
  });
});

describe("rollout plan", () => {
  const stage = (sharePercent: number) => ({ sharePercent, minRequests: 1, maxDurationMs: 1000 });
  it.each([
    ["no stages", { stages: [], criteria: { errorRate: {} } }],
    ["shrinking share", { stages: [stage(50), stage(10)], criteria: { errorRate: {} } }],
    ["only 100%", { stages: [stage(100)], criteria: { errorRate: {} } }],
    ["no criterion", { stages: [stage(10)], criteria: {} }],
    ["share 0", { stages: [stage(0)], criteria: { errorRate: {} } }],
  ])("refuses %s", (_name, input) => expect(RolloutPlan.safeParse(input).success).toBe(false));
});

describe("rollout states", () => {
  it("never leaves a finished state", () => {
    for (const state of ROLLOUT_STATES.filter(isFinished)) {
      for (const event of ROLLOUT_EVENTS) expect(nextRolloutState(state, event)).toBeNull();
    }
    expect(ROLLOUT_STATES.filter(isFinished)).toEqual(["succeeded", "rolled_back", "aborted"]);
  });
  it("offers people what the state allows", () => {
    expect(allowedActions("running")).toEqual(["pause", "promote", "abort"]);
    expect(allowedActions("paused")).toEqual(["resume", "promote", "abort"]);
    expect(allowedActions("rolling_back")).toEqual([]);
    expect(statesAllowing("resume")).toEqual(["paused"]);
  });
  it("moves traffic back before an abort with traffic ends", () => {
    expect(nextRolloutState("running", "abort")).toBe("rolling_back");
    expect(nextRolloutState("pending", "abort")).toBe("aborted");
  });
});
