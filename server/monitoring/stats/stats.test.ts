import { describe, expect, it } from "vitest";
import {
  chiSquareFit,
  chiSquareSurvival,
  chiSquareTwoSample,
  hellingerDistance,
  holm,
  jensenShannonDistance,
  judgeDrift,
  kolmogorovSurvival,
  ksAsymptoticP,
  ksExactP,
  ksTest,
  kullbackLeibler,
  largestShareDifference,
  likelihoodRatioTwoSample,
  normedWasserstein,
  populationStabilityIndex,
  wassersteinDistance,
} from "./index";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("vectors (SciPy 1.17)", () => {
  it("V1: 1..10 against 3..12", () => {
    const [a, b] = [range(1, 10), range(3, 12)];
    const ks = ksTest(a, b);
    expect(ks.statistic).toBeCloseTo(0.2, 12);
    expect(ks.p).toBeCloseTo(0.994458, 6);
    expect(ksAsymptoticP(0.2, 10, 10)).toBeCloseTo(0.9616, 4);
    expect(wassersteinDistance(a, b)).toBeCloseTo(2, 12);
    expect(normedWasserstein(a, b)).toBeCloseTo(0.6963106, 7);
  });
  it("V2: three shares", () => {
    const [p, q] = [
      [0.5, 0.3, 0.2],
      [0.4, 0.3, 0.3],
    ];
    expect(populationStabilityIndex(p, q)).toBeCloseTo(0.0628609, 7);
    expect(jensenShannonDistance(p, q, Math.E)).toBeCloseTo(0.0884161, 7);
    expect(jensenShannonDistance(p, q)).toBeCloseTo(0.1061985, 7);
    expect(hellingerDistance(p, q)).toBeCloseTo(0.0885293, 7);
    expect(largestShareDifference(p, q)).toBeCloseTo(0.1, 12);
    expect(kullbackLeibler(q, p)).toBeCloseTo(0.0323821, 7);
  });
  it("V2b: chi-square", () => {
    const fit = chiSquareFit([40, 30, 30], [50, 30, 20]);
    expect(fit.statistic).toBeCloseTo(7, 12);
    expect(fit.p).toBeCloseTo(0.0301974, 7);
    const far = chiSquareFit([400, 300, 300], [500, 300, 200]);
    expect(far.p / 6.305e-16).toBeCloseTo(1, 3);
    const two = chiSquareTwoSample([50, 30, 20], [40, 30, 30]);
    expect(two.statistic).toBeCloseTo(3.1111, 4);
    expect(two.p).toBeCloseTo(0.2110721, 7);
  });
  it("V4: ten bins", () => {
    const p = Array.from({ length: 10 }, () => 0.1);
    const q = [0.05, 0.07, 0.09, 0.1, 0.11, 0.12, 0.12, 0.12, 0.11, 0.11];
    expect(populationStabilityIndex(p, q)).toBeCloseTo(0.0602098, 7);
    expect(jensenShannonDistance(p, q)).toBeCloseTo(0.1035504, 7);
    expect(jensenShannonDistance(p, q, Math.E)).toBeCloseTo(0.0862114, 7);
  });
  it("V5: an empty bin", () => {
    const [p, q] = [
      [0.5, 0.5, 0],
      [0.4, 0.5, 0.1],
    ];
    expect(populationStabilityIndex(p, q, 1e-4)).toBeCloseTo(0.7123991, 7);
    expect(jensenShannonDistance(p, q, Math.E)).toBeCloseTo(0.1934965, 7);
    expect(jensenShannonDistance(p, q)).toBeCloseTo(0.2324129, 7);
  });
  it("keeps digits deep in the tails", () => {
    expect(chiSquareSurvival(200, 2) / Math.exp(-100)).toBeCloseTo(1, 10);
    expect(kolmogorovSurvival(1 - 1e-12)).toBeCloseTo(kolmogorovSurvival(1 + 1e-12), 10);
    expect(kolmogorovSurvival(1.36)).toBeCloseTo(0.0495, 4);
  });
  it("exact and asymptotic p agree for large samples", () => {
    expect(ksAsymptoticP(0.09, 500, 400)).toBeCloseTo(ksExactP(0.09, 500, 400), 2);
    expect(ksExactP(1, 3, 3)).toBeCloseTo(0.1, 12);
  });
  it("V7: the likelihood ratio", () => {
    const [a, b] = [
      [5, 5, 8],
      [4, 6, 8],
    ];
    // 2 (5 ln(5/4.5) + 4 ln(4/4.5) + 5 ln(5/5.5) + 6 ln(6/5.5)).
    expect(likelihoodRatioTwoSample(a, b).statistic).toBeCloseTo(0.2023756, 6);
    expect(likelihoodRatioTwoSample(a, b).degreesOfFreedom).toBe(2);
  });
  it("refuses lengths that do not match", () =>
    expect(() => hellingerDistance([1], [0.5, 0.5])).toThrow(RangeError));
});

it("Holm adjusts in the order given", () => {
  expect(holm([0.01, 0.04, 0.03, 0.5])).toEqual([0.04, 0.09, 0.09, 0.5]);
  expect(holm([])).toEqual([]);
});

it("counts what repeats once, where it says so", () => {
  const repeated = { reference: { a: 500, b: 500 }, current: { a: 620, b: 380 } };
  const [all] = judgeDrift([{ feature: "z", kind: "categorical", ...repeated }]);
  const [few] = judgeDrift([{ feature: "z", kind: "categorical", ...repeated, effective: { current: 60 } }]);
  expect([all?.p, few?.p].map((p) => (p ?? 1) < 0.05)).toEqual([true, false]);
  expect(few?.currentCount).toBe(1_000);
  const numbers = { reference: range(1, 1_000), current: range(100, 1_099) };
  const [sure] = judgeDrift([{ feature: "x", kind: "numeric", ...numbers }]);
  const [unsure] = judgeDrift([{ feature: "x", kind: "numeric", ...numbers, effective: { current: 55 } }]);
  expect([sure?.p, unsure?.p].map((p) => (p ?? 1) < 0.01)).toEqual([true, false]);
});

function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normals(n: number, roll: () => number, shift = 0): number[] {
  return Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - roll()));
    return shift + radius * Math.cos(2 * Math.PI * roll());
  });
}

function categories(n: number, roll: () => number, first = 0.5): Record<string, number> {
  const counts: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
  for (let i = 0; i < n; i += 1) {
    const u = roll();
    const name =
      u < first ? "a" : u < first + (1 - first) * 0.6 ? "b" : u < first + (1 - first) * 0.9 ? "c" : "d";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function window(n: number, roll: () => number, shift = 0) {
  return [
    { feature: "x", kind: "numeric", reference: normals(n, roll), current: normals(n, roll, shift) },
    { feature: "y", kind: "numeric", reference: normals(n, roll), current: normals(n, roll) },
    { feature: "z", kind: "categorical", reference: categories(n, roll), current: categories(n, roll) },
  ] as const;
}

describe("drift verdict", () => {
  it.each([
    [100, 600],
    [1000, 300],
    [10_000, 100],
  ])("raises no more false alarms than nominal at n = %i", (n, runs) => {
    const roll = generator(n);
    let alarms = 0;
    let significant = 0;
    for (let i = 0; i < runs; i += 1) {
      const verdicts = judgeDrift(window(n, roll));
      if (verdicts.some((v) => v.status === "drift")) alarms += 1;
      if (verdicts.some((v) => (v.adjustedP ?? 1) <= 0.05)) significant += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(0.05);
    // The p-value alone is calibrated too; three standard errors of a simulated 5 %.
    expect(significant / runs).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs));
  });

  it("finds a real shift, and only where it is", () => {
    const verdicts = judgeDrift(window(1000, generator(7), 0.4));
    expect(verdicts.map((v) => v.status)).toEqual(["drift", "no-drift", "no-drift"]);
    const roll = generator(8);
    const moved = judgeDrift([
      {
        feature: "z",
        kind: "categorical",
        reference: categories(1000, roll),
        current: categories(1000, roll, 0.3),
      },
    ]);
    expect(moved[0]?.status).toBe("drift");
  });

  it("does not alarm on a real but meaningless shift", () => {
    const roll = generator(9);
    const [v] = judgeDrift([
      {
        feature: "x",
        kind: "numeric",
        reference: normals(100_000, roll),
        current: normals(100_000, roll, 0.03),
      },
    ]);
    expect(v?.p).toBeLessThan(0.001);
    expect(v?.status).toBe("no-drift");
  });

  it("says when there is not enough data", () => {
    const [v] = judgeDrift([
      { feature: "x", kind: "numeric", reference: range(1, 1000), current: range(1, 49) },
    ]);
    expect([v?.status, v?.p]).toEqual(["not-enough-data", null]);
  });

  it("counts a new category, whatever its name", () => {
    const [v] = judgeDrift([
      { feature: "z", kind: "categorical", reference: { a: 500 }, current: { a: 300, toString: 200 } },
    ]);
    expect(v?.status).toBe("drift");
    expect(v?.psi).toBeGreaterThan(1);
  });
});
