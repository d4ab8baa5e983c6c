import { expect, it } from "vitest";
import { featuresOf } from "./tensors";

it("takes digits and infinities in a tensor of numbers for numbers, not for categories", () => {
  const tensor = (name: string, datatype: string, data: unknown[]) => ({
    name,
    datatype,
    shape: [1, data.length],
    data,
  });
  const features = featuresOf([
    tensor("id", "INT64", ["9007199254740993"]),
    tensor("x", "FP32", [null, "Infinity", 2]),
    tensor("city", "BYTES", ["007"]),
  ]);
  expect(Object.fromEntries(features ?? [])).toEqual({ id: 9_007_199_254_740_992, "x[2]": 2, city: "007" });
});
