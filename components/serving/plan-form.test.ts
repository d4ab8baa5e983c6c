import { describe, expect, it } from "vitest";
import { standardPlan } from "@/server/serving/rules";
import { fieldOf, fromPlan, labelOf, toDeployInput, toPlan, wishOf } from "./plan-form";

const values = {
  model: "risk",
  version: "1",
  environment: "production" as const,
  name: "",
  reason: "",
  ...fromPlan(standardPlan(100)),
};

describe("what the deploy form says of a problem", () => {
  it("names the field as its label does, and its stage", () => {
    expect(labelOf(fieldOf("plan.stages.1.maxDurationMs"))).toBe("Stage 2, At most");
    expect(labelOf(fieldOf("plan.criteria.errorRate.maxIncrease"))).toBe("Error rate, may rise by");
    expect(labelOf("model")).toBe("Model");
  });

  it("knows no field for what the form does not ask", () => {
    expect(labelOf(fieldOf("plan.stages"))).toBeUndefined();
    expect(labelOf(fieldOf("plan.criteria.hardKill.minRequests"))).toBeUndefined();
  });

  it("has a label for every field that can be wrong in an emptied plan", async () => {
    const emptied = await toDeployInput(
      {
        ...values,
        accuracyOn: true,
        absoluteOn: true,
        squaredOn: true,
        absolutePercent: null,
        squaredPercent: null,
        slowLimitPercent: 200,
        stages: [{ sharePercent: null, minRequests: null, maxMinutes: null }],
        errorPoints: null,
        slowBoundMs: null,
        slowPoints: null,
        accuracyPoints: null,
        minFeedback: null,
        alphaPercent: null,
        minBadEvents: null,
        watchHours: null,
      },
      true,
    );
    const fields = emptied.error?.issues.map((issue) => fieldOf(issue.path.join("."))) ?? [];
    expect(fields.length).toBeGreaterThan(8);
    expect(fields.filter((field) => labelOf(field) === undefined)).toEqual([]);
  });
});

describe("a plan in the form", () => {
  it("comes out as it went in, with what the form does not ask", async () => {
    const plan = {
      ...standardPlan(80),
      criteria: {
        ...standardPlan(80).criteria,
        slowShare: { latencyBoundMs: 80, maxIncrease: 0.02, maxShare: 0.05 },
        absoluteError: { maxIncrease: 0.1, minFeedback: 100 },
        hardKill: { consecutiveFailures: 9, errorShare: 0.5, minRequests: 25 },
        watch: { onWorse: "offer" as const, durationMs: 6 * 3_600_000 },
      },
    };
    expect(await toPlan(fromPlan(plan))).toEqual(plan);
  });

  it("wishes what the chosen metrics name, as shares", () => {
    const told = fromPlan(standardPlan(100));
    expect(wishOf({ ...told, slowOn: false, wish: { ...told.wish, errorRate: null } })).toEqual({
      accuracy: 0.045,
    });
  });
});
