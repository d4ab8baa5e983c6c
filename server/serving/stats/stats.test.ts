import { describe, expect, it } from "vitest";
import { random } from "../rollout/random";
import {
  alwaysValidP,
  changeOfMean,
  confidenceHalfWidth,
  confidenceSequence,
  differenceOfProportions,
  distanceToExclude,
  excludes,
  judgeLimit,
  likelihoodRatio,
  logEvidenceAgainstRate,
  meanInterval,
  oneSidedP,
  rateGivenDifference,
  rateSequence,
  requiredSamples,
  runningMinimum,
  wilsonInterval,
  type Moments,
} from "./index";

const TAU = 0.01;

function contrast(x0: number, n0: number, x1: number, n1: number) {
  const d = differenceOfProportions([{ stable: { events: x0, n: n0 }, canary: { events: x1, n: n1 } }]);
  if (d === null) throw new Error("no difference");
  return d;
}

/** The difference under the hypothesis that there is none. */
function diff(x0: number, n0: number, x1: number, n1: number) {
  const { estimate, varianceAt } = contrast(x0, n0, x1, n1);
  return { difference: estimate, variance: varianceAt(0) };
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
    const { low, high } = confidenceSequence(contrast(0, 25, 0, 25), { tau: TAU, alpha: 0.05 });
    expect(low).toBeLessThan(-0.1);
    expect(high).toBeGreaterThan(0.1);
  });

  it("compares within strata, so a shift of share over time is not mistaken for harm", () => {
    const strata = [
      { stable: { events: 90, n: 9000 }, canary: { events: 10, n: 1000 } },
      { stable: { events: 50, n: 1000 }, canary: { events: 450, n: 9000 } },
    ];
    expect(differenceOfProportions(strata)?.estimate).toBeCloseTo(0, 12);
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
    requiredSamples({
      contrast: contrast(x0, n0, x1, n1),
      canaryTrials: n1,
      margin: 0.01,
      tau: TAU,
      alpha: 0.05,
    });

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
    const scale = { tau: TAU, alpha: 0.05 };
    expect(excludes(contrast(n * 0.01, n, n * 0.01, n), 0.01, scale)).toBe(true);
    expect(excludes(contrast((n - 1) * 0.01, n - 1, (n - 1) * 0.01, n - 1), 0.01, scale)).toBe(false);
  });
  it("has no answer on the margin", () => expect(at(10, 1000, 20, 1000)).toBeNull());
});

describe("the rates that a difference allows", () => {
  /** The same maximum by trying: no formula. */
  function bySearch(x0: number, n0: number, x1: number, n1: number, by: number): number {
    const part = (x: number, n: number, p: number) =>
      (x > 0 ? x * Math.log(p) : 0) + (n - x > 0 ? (n - x) * Math.log(1 - p) : 0);
    const likelihood = (p: number) => part(x0, n0, p) + part(x1, n1, p + by);
    let [low, high] = [Math.max(0, -by), Math.min(1, 1 - by)];
    for (let step = 0; step < 200; step += 1) {
      const [left, right] = [low + (high - low) * 0.4, low + (high - low) * 0.6];
      if (likelihood(left) < likelihood(right)) low = left;
      else high = right;
    }
    return (low + high) / 2;
  }

  it("are those of the greatest likelihood, for counts of any size", () => {
    const roll = random(11);
    for (let round = 0; round < 400; round += 1) {
      const [n0, n1] = [1 + Math.floor(roll() * 5000), 1 + Math.floor(roll() * 500)];
      const [x0, x1] = [Math.floor(roll() ** 3 * (n0 + 1)), Math.floor(roll() ** 3 * (n1 + 1))];
      const by = (roll() - 0.5) * 0.6;
      const stratum = { stable: { events: x0, n: n0 }, canary: { events: x1, n: n1 } };
      expect(rateGivenDifference(stratum, by), JSON.stringify({ x0, n0, x1, n1, by })).toBeCloseTo(
        bySearch(x0, n0, x1, n1, by),
        4,
      );
    }
  });

  it("do not let few requests without an error pass for proof", () => {
    const scale = { tau: 0.04, alpha: 0.02 };
    // 3 % of errors show none in 50 requests in one case of five.
    expect(excludes(contrast(0, 450, 0, 50), 0.02, scale)).toBe(false);
    expect(excludes(contrast(0, 18_000, 0, 2_000), 0.02, scale)).toBe(true);
  });
});

describe("a confidence sequence", () => {
  it("leaves a value exactly when the test excludes it", () => {
    const scale = { tau: 0.02, alpha: 0.01 };
    const c = contrast(30, 2000, 9, 300);
    const { low, high } = confidenceSequence(c, scale);
    for (const [inside, outside] of [
      [low + 1e-6, low - 1e-6],
      [high - 1e-6, high + 1e-6],
    ] as const) {
      expect(excludes(c, inside, scale)).toBe(false);
      expect(excludes(c, outside, scale)).toBe(true);
    }
    expect(distanceToExclude(1e-4, scale)).toBeCloseTo(confidenceHalfWidth(1e-4, 0.02, 0.02), 12);
  });
});

describe("one rate against a limit", () => {
  it("weighs all rates by Jeffreys' prior: exact values of the mixture", () => {
    // B(1/2, 1/2) = pi; B(3/2, 1/2) = pi/2; B(5/2, 3/2) = pi/16.
    expect(Math.exp(logEvidenceAgainstRate({ events: 1, n: 1 }, 0.25))).toBeCloseTo(0.5 / 0.25, 10);
    expect(Math.exp(logEvidenceAgainstRate({ events: 2, n: 3 }, 0.5))).toBeCloseTo(1 / 16 / 0.125, 10);
  });

  it("shows a limit kept or broken, and says neither of little data", () => {
    expect(judgeLimit({ events: 0, n: 20 }, 0.01, 0.01)).toBe("open");
    expect(judgeLimit({ events: 0, n: 0 }, 0.01, 0.01)).toBe("open");
    expect(judgeLimit({ events: 5, n: 5000 }, 0.01, 0.01)).toBe("kept");
    expect(judgeLimit({ events: 30, n: 500 }, 0.01, 0.01)).toBe("broken");
  });

  it("covers a rare rate at every look at once", () => {
    const roll = random(5);
    let missed = 0;
    for (let round = 0; round < 400; round += 1) {
      let events = 0;
      let out = false;
      for (let n = 1; n <= 1500; n += 1) {
        if (roll() < 0.005) events += 1;
        out ||= judgeLimit({ events, n }, 0.005, 0.05) !== "open";
      }
      if (out) missed += 1;
    }
    expect(missed / 400).toBeLessThanOrEqual(0.05);
    const interval = rateSequence({ events: 5, n: 1000 }, 0.05);
    expect(interval?.low).toBeLessThan(0.005);
    expect(interval?.high).toBeGreaterThan(0.005);
    expect(rateSequence({ events: 0, n: 0 }, 0.05)).toBeNull();
  });
});

describe("a change of a mean", () => {
  const moments = (values: readonly number[]): Moments => ({
    n: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    squares: values.reduce((a, b) => a + b * b, 0),
  });

  it("is relative to stable, with both arms' errors", () => {
    const c = changeOfMean([{ stable: moments([1, 2, 3]), canary: moments([2, 4]) }]);
    expect(c?.estimate).toBeCloseTo(0.5, 12);
    // Var(canary mean) = 2/2 = 1; var(stable mean) = 1/3, at "no change" weighed by 1.
    expect(c?.varianceAt(0)).toBeCloseTo((1 + 1 / 3) / 4, 12);
    // At "twice as large" stable's scatter, times four, says more of the canary's than its own two values.
    expect(c?.varianceAt(1)).toBeCloseTo((((2 + 4 * 2) / 3) * (1 / 2 + 1 / 3)) / 4, 12);
    expect(meanInterval(moments([1, 2, 3]))?.high).toBeCloseTo(2 + 1.959964 / Math.sqrt(3), 5);
  });

  it("has none without values in both arms, or where stable is never wrong", () => {
    expect(changeOfMean([{ stable: moments([1, 2]), canary: moments([]) }])).toBeNull();
    expect(changeOfMean([{ stable: moments([0, 0]), canary: moments([1, 2]) }])).toBeNull();
  });

  it("covers the truth at every look, for skewed errors", () => {
    const roll = random(17);
    const draw = () => -Math.log(1 - roll());
    let missed = 0;
    for (let round = 0; round < 300; round += 1) {
      const arms = { stable: { n: 0, sum: 0, squares: 0 }, canary: { n: 0, sum: 0, squares: 0 } };
      let out = false;
      for (let look = 0; look < 40; look += 1) {
        for (const [arm, count] of [
          ["stable", 90],
          ["canary", 30],
        ] as const)
          for (let i = 0; i < count; i += 1) {
            const value = draw() ** 2;
            arms[arm].n += 1;
            arms[arm].sum += value;
            arms[arm].squares += value * value;
          }
        const c = changeOfMean([arms]);
        out ||= arms.canary.n >= 100 && c !== null && excludes(c, 0, { tau: 0.2, alpha: 0.025 });
      }
      if (out) missed += 1;
    }
    expect(missed / 300).toBeLessThanOrEqual(0.05);
  });
});
