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
    ["metrics.'a b' = 1", [{ kind: "metric", key: "a b", operator: "=", value: 1 }]],
    ["`tags`.a = 'b'", [{ kind: "tag", key: "a", operator: "=", value: "b" }]],
    ["params.p = 'C:\\data\\train'", [{ kind: "param", key: "p", operator: "=", value: "C:\\data\\train" }]],
    ["params.p = 'C:\\data\\'", [{ kind: "param", key: "p", operator: "=", value: "C:\\data\\" }]],
    ["params.p = 'it''s'", [{ kind: "param", key: "p", operator: "=", value: "it''s" }]],
    ["params.p = 'it\\'s'", [{ kind: "param", key: "p", operator: "=", value: "it\\'s" }]],
    ['params.p = "it\'s"', [{ kind: "param", key: "p", operator: "=", value: "it's" }]],
    ["tags.a IS NULL", [{ kind: "tag", key: "a", operator: "IS NULL", value: null }]],
    [
      "params.a is not null and tags.`x y` IS NULL",
      [
        { kind: "param", key: "a", operator: "IS NOT NULL", value: null },
        { kind: "tag", key: "x y", operator: "IS NULL", value: null },
      ],
    ],
    ["tags.is = 'x'", [{ kind: "tag", key: "is", operator: "=", value: "x" }]],
    ["val_auc > 0.9", [{ kind: "attribute", key: "val_auc", operator: ">", value: 0.9 }]],
    [
      "start_time > 1730000000123456789",
      [{ kind: "attribute", key: "start_time", operator: ">", value: 1_730_000_000_123_456_789n }],
    ],
    ["and tags.a = 'b' and", [{ kind: "tag", key: "a", operator: "=", value: "b" }]],
    [
      "tags.a = 'b' tags.c='d'",
      [
        { kind: "tag", key: "a", operator: "=", value: "b" },
        { kind: "tag", key: "c", operator: "=", value: "d" },
      ],
    ],
    ["", []],
  ])("reads %s", (filter, expected) => {
    expect(parseFilter(filter)).toEqual(expected);
  });

  it.each([
    "metrics.a >",
    "a = 1 OR b = 2",
    "tags.a IS",
    "tags.a IS NOT",
    "tags.a IS 'x'",
    "tags.a = NULL",
    "tags.a = b",
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
