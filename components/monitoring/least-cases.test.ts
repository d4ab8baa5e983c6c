import { expect, it } from "vitest";
import { MIN_CASES_OF_STEP } from "@/server/monitoring/rules";
import { leftOut, ribbon } from "./least-cases";

const rate = (n: number) => ({ value: 0.5, lo: 0.4, hi: 0.6, n });

it("draws a share only where enough cases stand behind it; fewer are a gap", () => {
  expect(ribbon(rate(MIN_CASES_OF_STEP))).toEqual({ y: 0.5, lo: 0.4, hi: 0.6 });
  expect(ribbon(rate(MIN_CASES_OF_STEP - 1))).toEqual({ y: null });
});

it("says what was left out, and nothing of steps in which nothing happened", () => {
  expect(leftOut([0, 3, 100, 7], "requests")).toBe(" 2 steps with fewer than 20 requests left out.");
  expect(leftOut([0, 0, 100], "requests")).toBe("");
});
