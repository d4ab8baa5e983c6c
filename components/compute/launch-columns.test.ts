import { describe, expect, it } from "vitest";
import { columnProblem, columnsAfter, nameAfter } from "./launch-columns";

const target = {
  name: "target",
  title: "Target",
  type: "string" as const,
  default: "progressed",
  columnOf: "dataset",
  distinct: 2,
};
const groups = {
  name: "groups",
  title: "Groups",
  type: "string" as const,
  default: "sex,age",
  columnsOf: "dataset",
};
const loans = [
  { name: "amount", distinct: 900 },
  { name: "sex", distinct: 3 },
  { name: "defaulted", distinct: 2 },
];

describe("columns of a table that is chosen", () => {
  it("keep what the table has, and drop what it has not", () => {
    expect(columnsAfter(groups, "sex,age", loans)).toBe("sex");
    expect(columnsAfter(target, "defaulted", loans)).toBe("defaulted");
  });

  it("give way to the only column that fits, and to none where several do", () => {
    expect(columnsAfter(target, "progressed", loans)).toBe("defaulted");
    expect(columnsAfter(target, "progressed", [...loans, { name: "late", distinct: 2 }])).toBe("");
  });

  it("are checked before a job is launched", () => {
    expect(columnProblem(target, "amount", loans)).toBe(
      "amount has 900 different values; the template needs 2.",
    );
    expect(columnProblem(groups, "sex, age", loans)).toBe("The table has no column age.");
    expect(columnProblem(target, "defaulted", loans)).toBeUndefined();
  });

  it("say nothing of values that nobody counted", () => {
    expect(columnProblem(target, "x", [{ name: "x", distinct: null }])).toBeUndefined();
  });
});

it("names what is new after the dataset, and by the template's own name without one", () => {
  expect(nameAfter(target, "loans-2026")).toBe("loans-2026");
  expect(nameAfter(target, undefined)).toBe("progressed");
});
