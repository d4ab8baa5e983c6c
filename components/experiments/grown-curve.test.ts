import { expect, it } from "vitest";
import { endOf, grownCurve } from "./grown-curve";

const point = (step: number, value: number | null = step) => ({ step, timestampMs: step, value });
const curve = { total: 3, gaps: 0, since: "1", points: [point(1), point(2), point(5)] };

it("a curve takes points once and in order, late ones among them", () => {
  const grown = grownCurve(curve, [point(3, null), point(5), point(6)], { total: 5, gaps: 1, since: "9" });
  expect(grown.points.map(({ step }) => step)).toEqual([1, 2, 3, 5, 6]);
  expect(grown).toMatchObject({ total: 5, gaps: 1, since: "9" });
  expect(endOf(grown)).toEqual([6, 6]);
  expect(endOf({ ...curve, points: [] })).toBeNull();
});

it("a curve that has grown long is thinned, and keeps its ends", () => {
  const added = Array.from({ length: 3_000 }, (_, at) => point(10 + at));
  const { points } = grownCurve(curve, added, { total: 3_003, gaps: 0, since: "2" });
  expect([points.length, points[0]?.step, points.at(-1)?.step]).toEqual([1_000, 1, 3_009]);
});
