import { describe, expect, it } from "vitest";
import type { ModelSignature } from "@/server/adapters/model-runtime/port";
import type { Contract } from "../contract/schemas";
import { BadExample, exampleRequest } from "./example-request";

const TABLE: ModelSignature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
};
const MIXED: ModelSignature = {
  inputs: [
    { name: "n", datatype: "INT64", shape: [] },
    { name: "t", datatype: "BYTES", shape: [-1, 3] },
    { name: "b", datatype: "BOOL", shape: [2, -1] },
  ],
  outputs: TABLE.outputs,
};
const contractWith = (example: Contract["example"]): Contract => ({
  inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
  outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
  resources: { cpuMilli: 500, memoryBytes: 2 ** 28 },
  latencyBoundMs: 50,
  observability: [],
  ...(example ? { example } : {}),
});
const shown = (request: ReturnType<typeof exampleRequest>) =>
  request.inputs.map(({ name, shape, data }) => [name, shape, data.length]);

describe("the request of a trial", () => {
  it("is the contract's example before anything else", () => {
    const contract = contractWith([{ name: "x", shape: [1, 2], data: [[0.5, 2]] }]);
    const request = exampleRequest(TABLE, contract, { inputs: [[9, 9]] });
    expect(request).toMatchObject({ from: "the contract's example" });
    expect([...(request.inputs[0]?.data ?? [])]).toEqual([0.5, 2]);
  });

  it.each([
    ["an input that the model does not have", [{ name: "z", shape: [1], data: [1] }], /"z"/],
    ["other values than its shape says", [{ name: "x", shape: [1, 2], data: [1] }], /does not fit the model/],
    ["text for numbers", [{ name: "x", shape: [1, 2], data: ["a", "b"] }], /does not fit the model/],
  ])("names in words an example with %s", (_what, example, words) => {
    const ask = () => exampleRequest(TABLE, contractWith(example), undefined);
    expect(ask).toThrow(BadExample);
    expect(ask).toThrow(words);
  });

  it.each([
    [
      "a table",
      {
        dataframe_split: {
          columns: ["a", "b"],
          data: [
            [1, 2],
            [3, 4],
          ],
        },
      },
      [["x", [1, 2], 2]],
    ],
    [
      "rows",
      {
        inputs: [
          [1, 2],
          [3, 4],
        ],
      },
      [["x", [2, 2], 4]],
    ],
    ["named tensors", { inputs: { x: [[1, 2]] } }, [["x", [1, 2], 2]]],
  ])("is the logged example, given as %s", (_what, logged, inputs) => {
    const request = exampleRequest(TABLE, null, logged);
    expect(request.from).toBe("the logged input example");
    expect(shown(request)).toEqual(inputs);
  });

  it.each([
    undefined,
    null,
    {},
    { inputs: ["a"] },
    { inputs: [[1], [2, 3]] },
    { inputs: { other: [[1, 2]] } },
  ])("is made when the logged example is %j", (logged) => {
    const request = exampleRequest(TABLE, null, logged);
    expect(request.from).toMatch(/^values made/);
    expect(shown(request)).toEqual([["x", [1, 2], 2]]);
  });

  it("is made for every datatype and rank, also for a model that takes nothing", () => {
    expect(shown(exampleRequest(MIXED, null, undefined))).toEqual([
      ["n", [], 1],
      ["t", [1, 3], 3],
      ["b", [2, 1], 2],
    ]);
    expect(exampleRequest({ ...TABLE, inputs: [] }, null, undefined).inputs).toEqual([]);
  });

  it.each([
    [[-1, 4_000_000_000]],
    [[2 ** 31 - 1]],
    [[3_000_000, 3]],
    [[2 ** 40, 2 ** 40, 0.5]],
    [[1e308, 1e308]],
  ])("is not made for an input of the shape %j, which would fill the memory", (shape) => {
    const ask = () =>
      exampleRequest({ ...TABLE, inputs: [{ name: "x", datatype: "FP32", shape }] }, null, undefined);
    expect(ask).toThrow(BadExample);
    expect(ask).toThrow(/too large/);
  });

  it("is made when the logged example is nested without end", () => {
    const deep: unknown = JSON.parse(`{"inputs":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
    expect(exampleRequest(TABLE, null, deep).from).toMatch(/^values made/);
  });

  it("is a list of values where the model's one input is a column", () => {
    const texts: ModelSignature = {
      inputs: [{ name: "input-0", datatype: "BYTES", shape: [-1, 1] }],
      outputs: TABLE.outputs,
    };
    expect(exampleRequest(texts, null, { inputs: ["a day", "a night"] })).toMatchObject({
      from: "the logged input example",
      inputs: [{ shape: [2, 1], data: ["a day", "a night"].map((each) => new TextEncoder().encode(each)) }],
    });
    expect(exampleRequest(texts, null, { inputs: [1] }).from).toContain("values made");
  });

  it("is the first row of a table whose columns are inputs of their own, by their names", () => {
    const columns: ModelSignature = {
      inputs: [
        { name: "age", datatype: "INT64", shape: [-1, 1] },
        { name: "city", datatype: "BYTES", shape: [-1, 1] },
      ],
      outputs: TABLE.outputs,
    };
    const logged = (names: string[]) => ({
      dataframe_split: { columns: names, data: [["Berlin", 41]] },
    });
    const request = exampleRequest(columns, null, logged(["city", "age"]));
    expect(request.from).toBe("the logged input example");
    expect(request.inputs).toEqual([
      { name: "age", datatype: "INT64", shape: [1, 1], data: BigInt64Array.of(41n) },
      { name: "city", datatype: "BYTES", shape: [1, 1], data: [new TextEncoder().encode("Berlin")] },
    ]);
    expect(exampleRequest(columns, null, logged(["town", "age"])).from).toContain("values made");
    const [age, city] = columns.inputs.map((input) => ({ ...input, optional: input.name === "city" }));
    const some = { ...columns, inputs: age && city ? [age, city] : [] };
    expect(shown(exampleRequest(some, null, logged(["town", "age"])))).toEqual([["age", [1, 1], 1]]);
    expect(shown(exampleRequest(some, null, logged(["city", "age"])))).toHaveLength(2);
    // Nobody knows whether the model answers without it.
    expect(shown(exampleRequest(some, null, undefined))).toHaveLength(2);
  });
});
