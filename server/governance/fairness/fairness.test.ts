import { describe, expect, it } from "vitest";
import { FairnessEvidence } from "../cel/evidence";
import * as fair from "./index";

const bits = (text: string) => text.split(" ").map((one) => one === "1");
const actual = bits("0 1 1 1 1 0 1 0 1 0 0 0 1 1 1 1 1 1");
const predicted = bits("0 0 1 0 1 1 1 0 0 1 1 1 1 0 0 1 1 0");
const names = "b b a b b c c c a a c a b c c b c c".split(" ");
const vectorA = fair
  .countGroups(
    names.map((group, at) => ({ group, actual: actual[at] === true, predicted: predicted[at] === true })),
  )
  .map(fair.groupRates);

/** Group counts of the Fairlearn test data, from its published rates: tpr 15/22 and 18/23, fpr 7/14 and 6/12. */
const vectorB = [
  { group: "aa", truePositive: 15, falseNegative: 7, falsePositive: 7, trueNegative: 7 },
  { group: "ba", truePositive: 18, falseNegative: 5, falsePositive: 6, trueNegative: 6 },
].map(fair.groupRates);

describe("metrics", () => {
  it("agree with vector A", () => {
    expect(
      vectorA.map((one) => [one.group, one.n, fair.rateOf(one.truePositive), fair.rateOf(one.selection)]),
    ).toEqual([
      ["a", 4, 0.5, 0.75],
      ["b", 6, 0.6, 0.5],
      ["c", 8, 0.4, 0.5],
    ]);
    expect(vectorA.map((one) => fair.rateOf(one.falsePositive))).toEqual([1, 0, 2 / 3]);
    expect(fair.demographicParityDifference(vectorA)).toBeCloseTo(0.25, 12);
    expect(fair.demographicParityRatio(vectorA)).toBeCloseTo(2 / 3, 12);
    expect(fair.equalizedOddsDifference(vectorA)).toBe(1);
    expect(fair.equalizedOddsDifference(vectorA, "mean")).toBeCloseTo(0.6, 12);
    expect(fair.equalizedOddsRatio(vectorA)).toBe(0);
    expect(fair.equalOpportunityDifference(vectorA)).toBeCloseTo(0.2, 12);
  });

  it("agree with vector B", () => {
    expect(vectorB.map((one) => one.n)).toEqual([36, 35]);
    expect(fair.demographicParityDifference(vectorB)).toBeCloseTo(0.074603175, 8);
    expect(fair.demographicParityRatio(vectorB)).toBeCloseTo(0.891203704, 8);
    expect(fair.equalizedOddsDifference(vectorB)).toBeCloseTo(0.100790514, 8);
    expect(fair.equalizedOddsDifference(vectorB, "mean")).toBeCloseTo(0.050395257, 8);
    expect(fair.equalizedOddsRatio(vectorB)).toBeCloseTo(0.871212121, 8);
  });

  it("leave what cannot be known undefined", () => {
    const oneClass = [
      vectorB[0],
      fair.groupRates({ group: "x", truePositive: 5, falseNegative: 5, falsePositive: 0, trueNegative: 0 }),
    ].flatMap((one) => one ?? []);
    expect(fair.equalizedOddsDifference(oneClass)).toBeUndefined();
    expect(fair.demographicParityDifference(oneClass)).toBeDefined();
    expect(fair.demographicParityDifference(oneClass.slice(0, 1))).toBeUndefined();
    expect(
      fair.demographicParityRatio(
        [0, 1].map((at) =>
          fair.groupRates({
            group: `${at}`,
            truePositive: 0,
            falseNegative: 3,
            falsePositive: 0,
            trueNegative: 3,
          }),
        ),
      ),
    ).toBeUndefined();
    expect(() =>
      fair.groupRates({
        group: "x",
        truePositive: Number.NaN,
        falseNegative: 0,
        falsePositive: 0,
        trueNegative: 0,
      }),
    ).toThrow(RangeError);
  });
});

describe("intervals", () => {
  it("agree with published values", () => {
    expect(fair.normalQuantile(0.975)).toBeCloseTo(1.959963985, 7);
    expect(fair.normalQuantile(0.001)).toBeCloseTo(-3.090232306, 7);
    // Newcombe 1998: 81/263 by score without correction is 0.2553 to 0.3662.
    const wilson = fair.wilsonInterval({ hits: 81, of: 263 });
    expect([wilson?.lower.toFixed(4), wilson?.upper.toFixed(4)]).toEqual(["0.2553", "0.3662"]);
    // Newcombe 1998, method 10: 56/70 - 48/80 is 0.0524 to 0.3339.
    const difference = fair.newcombeDifference({ hits: 56, of: 70 }, { hits: 48, of: 80 });
    expect([difference?.lower.toFixed(4), difference?.upper.toFixed(4)]).toEqual(["0.0524", "0.3339"]);
    expect(fair.wilsonInterval({ hits: 0, of: 0 })).toBeUndefined();
    expect(fair.wilsonInterval({ hits: 0, of: 10 })?.lower).toBe(0);
  });
});

const selected = (group: string, hits: number, of: number) => ({
  group,
  truePositive: hits,
  falseNegative: 0,
  falsePositive: 0,
  trueNegative: of - hits,
});
const assess = (groups: fair.GroupCounts[], limits: Partial<fair.FairnessLimits>) =>
  fair.assessFairness({
    attribute: "sex",
    favourableOutcome: "treated",
    groups,
    limits: { minimumGroupSize: 10, minimumClassSize: 5, confidence: 0.95, ...limits },
  });

describe("the four-fifths rule", () => {
  it.each([
    [48, 80, 12, 40, false, "fail"],
    [48, 80, 21, 50, false, "fail"],
    [5, 10, 3, 10, false, "indeterminate"],
    [500, 1000, 400, 1000, true, "indeterminate"],
    [500, 1000, 399, 1000, false, "fail"],
    [500, 1000, 480, 1000, true, "pass"],
  ] as const)("%i/%i against %i/%i", (a, m, b, n, meets, verdict) => {
    expect(fair.meetsFourFifths({ hits: b, of: n }, { hits: a, of: m })).toBe(meets);
    const report = assess([selected("high", a, m), selected("low", b, n)], { fourFifths: true });
    expect(report.checks[0]).toMatchObject({ verdict, between: ["low", "high"], value: (b * m) / (n * a) });
  });

  it("is undefined for an empty group and when nobody is selected", () => {
    expect(fair.meetsFourFifths({ hits: 0, of: 0 }, { hits: 1, of: 2 })).toBeUndefined();
    expect(fair.meetsFourFifths({ hits: 0, of: 5 }, { hits: 0, of: 5 })).toBeUndefined();
  });
});

describe("the verdict", () => {
  const limits = { demographicParityDifference: 0.1 };

  it("passes, fails or stays open as the interval lies", () => {
    expect(assess([selected("a", 5_000, 10_000), selected("b", 5_050, 10_000)], limits).verdict).toBe("pass");
    expect(assess([selected("a", 500, 1_000), selected("b", 800, 1_000)], limits).verdict).toBe("fail");
    expect(assess([selected("a", 50, 100), selected("b", 52, 100)], limits).checks[0]).toMatchObject({
      verdict: "indeterminate",
      reason: /straddles/,
    });
  });

  it("never decides on small groups, one-class groups, one group or an empty one", () => {
    expect(assess([selected("a", 500, 1_000), selected("b", 9, 9)], limits).checks[0]).toMatchObject({
      verdict: "indeterminate",
      reason: /fewer than 10 cases in: b/,
    });
    expect(assess([selected("a", 500, 1_000)], limits).verdict).toBe("indeterminate");
    expect(assess([selected("a", 500, 1_000), selected("b", 0, 0)], limits).checks[0]).toMatchObject({
      verdict: "indeterminate",
      value: null,
    });
    const odds = { equalizedOddsDifference: 0.1 };
    expect(assess([selected("a", 500, 1_000), selected("b", 1_000, 1_000)], odds).checks[0]).toMatchObject({
      verdict: "indeterminate",
      value: null,
    });
    expect(assess([selected("a", 500, 1_000), selected("b", 997, 1_000)], odds).checks[0]).toMatchObject({
      verdict: "indeterminate",
      reason: /true outcome/,
    });
  });

  it("counts a third group whose interval is wide", () => {
    const two = [selected("a", 50_000, 100_000), selected("b", 50_000, 100_000)];
    expect(assess(two, limits).verdict).toBe("pass");
    expect(assess([...two, selected("c", 10, 20)], limits).verdict).toBe("indeterminate");
  });

  it("judges equalized odds on both rates", () => {
    const group = (name: string, fp: number) => ({
      group: name,
      truePositive: 4_000,
      falseNegative: 1_000,
      falsePositive: fp,
      trueNegative: 5_000 - fp,
    });
    expect(assess([group("a", 500), group("b", 520)], { equalizedOddsDifference: 0.1 }).verdict).toBe("pass");
    expect(
      assess([group("a", 500), group("b", 1_500)], { equalizedOddsDifference: 0.1 }).checks[0],
    ).toMatchObject({ verdict: "fail", value: expect.closeTo(0.2, 9) });
  });

  it("is refused without a check and is evidence for the policy", () => {
    expect(() => assess([selected("a", 1, 2)], {})).toThrow(/no check/);
    const report = assess([selected("a", 500, 1_000), selected("b", 0, 0)], {
      ...limits,
      equalizedOddsDifference: 0.1,
      fourFifths: true,
    });
    expect(FairnessEvidence.parse(JSON.parse(JSON.stringify(report)))).toMatchObject({
      verdict: "indeterminate",
    });
    expect(report).toMatchObject({
      convention: "fairlearn",
      attribute: "sex",
      favourableOutcome: "treated",
      n: 1_000,
    });
  });
});
