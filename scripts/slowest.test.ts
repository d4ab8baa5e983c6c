import { expect, it } from "vitest";
import { asTable, slowestSpecs, slowestUnitFiles } from "./slowest.mjs";

it("names the ten slowest unit files, from the root", () => {
  const testResults = Array.from({ length: 12 }, (_, index) => ({
    name: `/house/server/${index}.test.ts`,
    startTime: 1_000,
    endTime: 1_000 + index * 500,
  }));
  const found = slowestUnitFiles({ testResults }, "/house");
  expect(found).toHaveLength(10);
  expect(found[0]).toEqual({ name: "server/11.test.ts", seconds: 5.5 });
  expect(asTable("unit", found).split("\n").slice(0, 2)).toEqual([
    "Slowest: unit",
    "     5.5 s  server/11.test.ts",
  ]);
});

it("adds up the tests of each browser spec, in nested suites and projects", () => {
  const spec = (file: string, ...durations: number[]) => ({
    file,
    tests: [{ results: durations.map((duration) => ({ duration })) }],
  });
  const suites = [
    { specs: [spec("jobs.spec.ts", 1_000)], suites: [{ specs: [spec("jobs.spec.ts", 2_000)] }] },
    { specs: [spec("line.spec.ts", 500, 3_000)] },
  ];
  expect(slowestSpecs({ suites })).toEqual([
    { name: "line.spec.ts", seconds: 3.5 },
    { name: "jobs.spec.ts", seconds: 3 },
  ]);
});
