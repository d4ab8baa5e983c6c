import { expect, it } from "vitest";
import type { RunRow } from "./run-columns";
import { metricKeys, paramKeys } from "./run-keys";

const run = (params: Record<string, string>, metrics: string[] = []): RunRow => ({
  id: "r",
  name: "r",
  status: "FINISHED",
  userName: "Ada",
  startMs: 0,
  endMs: null,
  params: Object.entries(params).map(([key, value]) => ({ key, value })),
  metrics: metrics.map((key) => ({ key, value: 1, isNan: false })),
});

it("puts the parameters in which runs differ before those that are the same in all", () => {
  const rows = [
    run({ batch: "32", depth: "4", seed: "1" }),
    run({ batch: "32", depth: "6", seed: "2" }),
    run({ batch: "32", depth: "8" }),
  ];
  expect(paramKeys(rows)).toEqual({ varying: ["depth", "seed"], same: ["batch"] });
});

it("takes a parameter that one run lacks for one that varies", () => {
  expect(paramKeys([run({ a: "1" }), run({})]).varying).toEqual(["a"]);
});

it("lists first the metrics that most runs have", () => {
  expect(metricKeys([run({}, ["loss"]), run({}, ["loss", "auc"])])).toEqual(["loss", "auc"]);
});
