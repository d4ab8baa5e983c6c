import { describe, expect, it } from "vitest";
import { parseFilter, parseOrder } from "./search-filter";

describe("the search grammar", () => {
  it.each([
    ["metrics.acc > 0.72", [{ kind: "metric", key: "acc", operator: ">", value: 0.72 }]],
    ["metric.acc>=-1e-3", [{ kind: "metric", key: "acc", operator: ">=", value: -0.001 }]],
    ["params.model = 'tree'", [{ kind: "param", key: "model", operator: "=", value: "tree" }]],
    ['parameters."my key" != "x"', [{ kind: "param", key: "my key", operator: "!=", value: "x" }]],
    [
      "tags.`mlflow.parentRunId` ILIKE '%abc%'",
      [{ kind: "tag", key: "mlflow.parentRunId", operator: "ILIKE", value: "%abc%" }],
    ],
    [
      "tags.mlflow.runName LIKE 'a%'",
      [{ kind: "tag", key: "mlflow.runName", operator: "LIKE", value: "a%" }],
    ],
    ["status = 'FINISHED'", [{ kind: "attribute", key: "status", operator: "=", value: "FINISHED" }]],
    [
      "attributes.run_id IN ('a', 'b')",
      [{ kind: "attribute", key: "run_id", operator: "IN", value: ["a", "b"] }],
    ],
    ["dataset.digest NOT IN ('x')", [{ kind: "dataset", key: "digest", operator: "NOT IN", value: ["x"] }]],
    [
      "metrics.a < 1 and params.b = 'AND'",
      [
        { kind: "metric", key: "a", operator: "<", value: 1 },
        { kind: "param", key: "b", operator: "=", value: "AND" },
      ],
    ],
    ["metrics.précision > 1", [{ kind: "metric", key: "précision", operator: ">", value: 1 }]],
    ["params.学习率='0.1'", [{ kind: "param", key: "学习率", operator: "=", value: "0.1" }]],
    ["metrics.loss/größe >= 2", [{ kind: "metric", key: "loss/größe", operator: ">=", value: 2 }]],
    ["", []],
  ])("reads %s", (filter, expected) => {
    expect(parseFilter(filter)).toEqual(expected);
  });

  it.each([
    "metrics.a >",
    "a = 1 OR b = 2",
    "metrics.a = 1 AND",
    "nonsense.a = 1",
    "params.a = (1)",
    "= 3",
    "metrics.a ! 3",
    "params.a IN ()",
  ])("refuses %s", (filter) => {
    expect(() => parseFilter(filter)).toThrow(/Invalid filter/);
  });

  it("reads order terms", () => {
    expect(parseOrder("metrics.acc DESC")).toEqual({ kind: "metric", key: "acc", descending: true });
    expect(parseOrder("start_time")).toEqual({ kind: "attribute", key: "start_time", descending: false });
  });
});
