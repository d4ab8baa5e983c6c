import { describe, expect, it } from "vitest";
import { Contract, type TensorSpec } from "./schemas";
import { compareContract } from "./rules";

const base = {
  resources: { cpuMilli: 100, memoryBytes: 2 ** 24 },
  latencyBoundMs: 100,
  observability: [],
};
const tensor = (name: string, datatype: TensorSpec["datatype"], shape: number[]) => ({
  name,
  datatype,
  shape,
});

describe("a contract", () => {
  it("describes models without inputs and tensors without dimensions", () => {
    const contract = { ...base, inputs: [], outputs: [tensor("y", "FP32", [])] };
    expect(Contract.safeParse(contract).success).toBe(true);
    expect(Contract.safeParse({ ...contract, outputs: [] }).success).toBe(false);
  });

  it("need not name an input that a request may leave out", () => {
    const contract = {
      ...base,
      inputs: [tensor("x", "FP32", [-1, 1])],
      outputs: [tensor("y", "FP32", [-1, 1])],
    };
    const check = (optional: boolean) =>
      compareContract(contract, {
        inputs: [...contract.inputs, { ...tensor("z", "FP64", [-1, 1]), optional }],
        outputs: contract.outputs,
      });
    expect(check(true)).toMatchObject({ mismatches: [] });
    expect(check(false).mismatches).toEqual([
      'The model file has the input "z", which the contract does not name.',
    ]);
    const named = { ...contract, inputs: [...contract.inputs, tensor("z", "FP64", [-1, 1])] };
    const signature = {
      ...named,
      inputs: named.inputs.map((each) => ({ ...each, optional: each.name === "z" })),
    };
    expect(compareContract(named, signature).lines[1]).toMatchObject({
      verdict: "match",
      actual: "FP64 [-1, 1], may be left out",
    });
  });

  it("says how to convert a classifier that gives maps", () => {
    const check = compareContract(
      {
        ...base,
        inputs: [tensor("x", "FP32", [-1, 2])],
        outputs: [tensor("probabilities", "FP32", [-1, 2])],
      },
      {
        inputs: [{ name: "x", datatype: "FP32", shape: ["n", 2] }],
        outputs: [{ name: "probabilities", datatype: "sequence", shape: [] }],
      },
    );
    expect(check.mismatches.join(" ")).toContain('options={"zipmap": False}');
  });
});
