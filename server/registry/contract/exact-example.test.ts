import { expect, it } from "vitest";
import { parseExactJson } from "@/server/core/exact-json";
import { Contract } from "./schemas";

it("keeps the whole numbers of an example exactly, in what the database can store", () => {
  const tensor = { name: "ids", datatype: "INT64", shape: [-1] };
  const parsed = Contract.parse({
    inputs: [tensor],
    outputs: [tensor],
    resources: { cpuMilli: 500, memoryBytes: 536_870_912 },
    latencyBoundMs: 50,
    observability: ["latency"],
    example: [{ name: "ids", shape: [3], data: parseExactJson("[[9007199254740993, 1], 2.5]") }],
  });
  expect(JSON.stringify(parsed)).toContain('"data":[["9007199254740993",1],2.5]');
});
