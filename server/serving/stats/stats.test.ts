import { describe, expect, it } from "vitest";
import {
  alwaysValidP,
  confidenceHalfWidth,
  differenceOfProportions,
  likelihoodRatio,
  oneSidedP,
  requiredSamples,
  runningMinimum,
  wilsonInterval,
} from "./index";

const TAU = 0.01;

function diff(x0: number, n0: number, x1: number, n1: number) {
  const d = differenceOfProportions([{ stable: { events: x0, n: n0 }, canary: { events: x1, n: n1 } }]);
  if (d === null) throw new Error("no difference");
  return d;
}

describe("mixture SPRT", () => {
  it.each([
    [10, 1000, 20, 1000, 1.763154, 0.567165, 0.0169099, 6],
    [10, 1000, 30, 1000, 20.731239, 0.048236, 0.0199018, 6],
    [95, 9500, 15, 500, 525.874, 0.0019016, 0.0146951, 3],
    [95, 9500, 5, 500, 0.4153, 1, 0.0139702, 4],
  ])("control %i/%i, canary %i/%i", (x0, n0, x1, n1, lambda, p, half, digits) => {
    const d = diff(x0, n0, x1, n1);
    expect(likelihoodRatio(d, TAU)).toBeCloseTo(lambda, digits);
    expect(alwaysValidP(d, TAU)).toBeCloseTo(p, p < 0.01 ? 7 : 6);
    expect(confidenceHalfWidth(d.variance, TAU, 0.05)).toBeCloseTo(half, 7);
  });

  it("gives z 1.83959 for 1 % against 2 % of 1,000", () => {
    const d = diff(10, 1000, 20, 1000);
    expect(d.difference / Math.sqrt(d.variance)).toBeCloseTo(1.83959, 5);
  });

  it("is one-sided: an improvement is never evidence of harm", () => {
    expect(oneSidedP(diff(30, 1000, 10, 1000), TAU)).toBe(1);
    expect(oneSidedP(diff(10, 1000, 30, 1000), TAU)).toBeCloseTo(0.048236 / 2, 6);
  });

  it("rejects exactly when the lower confidence bound leaves zero", () => {
    for (let x = 5; x < 60; x += 1) {
      const d = diff(10, 1000, x, 1000);
      const low = d.difference - confidenceHalfWidth(d.variance, TAU, 0.1);
      expect(oneSidedP(d, TAU) <= 0.05).toBe(low >= 0);
    }
  });

  it("keeps the running minimum and survives overwhelming evidence", () => {
    expect(runningMinimum(undefined, 0.4)).toBe(0.4);
    expect(runningMinimum(0.2, 0.9)).toBe(0.2);
    expect(alwaysValidP(diff(0, 1_000_000, 500_000, 1_000_000), TAU)).toBe(0);
  });

  it("never claims certainty from zero events", () => {
    const d = diff(0, 25, 0, 25);
    expect(d.difference).toBe(0);
    expect(confidenceHalfWidth(d.variance, TAU, 0.05)).toBeGreaterThan(0.02);
  });

  it("compares within strata, so a shift of share over time is not mistaken for harm", () => {
    const strata = [
      { stable: { events: 90, n: 9000 }, canary: { events: 10, n: 1000 } },
      { stable: { events: 50, n: 1000 }, canary: { events: 450, n: 9000 } },
    ];
    expect(differenceOfProportions(strata)?.difference).toBeCloseTo(0, 12);
    expect(diff(140, 10_000, 460, 10_000).difference).toBeCloseTo(0.032, 12);
  });
});

describe("Wilson interval", () => {
  it.each([
    [9, 10, 0.596, 0.982],
    [7, 10, 0.397, 0.892],
    [90, 100, 0.826, 0.945],
    [900, 1000, 0.88, 0.917],
  ])("%i of %i", (events, n, low, high) => {
    const interval = wilsonInterval({ events, n });
    expect(interval?.low).toBeCloseTo(low, 3);
    expect(interval?.high).toBeCloseTo(high, 3);
  });
  it("has none without trials", () => expect(wilsonInterval({ events: 0, n: 0 })).toBeNull());
});

describe("required samples", () => {
  const at = (x0: number, n0: number, x1: number, n1: number) =>
    requiredSamples({ ...diff(x0, n0, x1, n1), canaryTrials: n1, margin: 0.01, tau: TAU, alpha: 0.05 });

  it("names the smallest sample at which the test rejects", () => {
    const now = at(10, 1000, 25, 1000);
    expect(now?.decision).toBe("fail");
    const more = now?.moreCanary ?? 0;
    expect(more).toBeGreaterThan(0);
    const decidesAt = (n: number) => oneSidedP(diff(n * 0.01, n, n * 0.025, n), TAU) <= 0.05;
    expect(decidesAt(1000 + more)).toBe(true);
    expect(decidesAt(1000 + more - 1)).toBe(false);
  });
  it("names the sample that proves non-inferiority", () => {
    const now = at(10, 1000, 10, 1000);
    expect(now?.decision).toBe("pass");
    const n = 1000 + (now?.moreCanary ?? 0);
    const d = diff(n * 0.01, n, n * 0.01, n);
    expect(confidenceHalfWidth(d.variance, TAU, 0.1)).toBeLessThan(0.01);
  });
  it("has no answer on the margin", () => expect(at(10, 1000, 20, 1000)).toBeNull());
});
