import { expect, it } from "vitest";
import { FrameReader, jsonFrame, KIND } from "../onnx/child/frame.mjs";
import { isAppError } from "@/server/core/errors";
import { describedBy } from "./described";

function frameOf(said: unknown) {
  const reader = new FrameReader();
  reader.push(jsonFrame(1, KIND.ok, 0, said));
  return reader.next() ?? expect.fail("no frame");
}
const tensor = { name: "x", datatype: "FP32", shape: [-1, 2] };

it("takes what a model can be", () => {
  const columns = Array.from({ length: 5_000 }, (_, n) => ({ ...tensor, name: `x${n}` }));
  const said = { inputs: columns, outputs: [tensor] };
  expect(describedBy(frameOf(said))).toEqual(said);
});

it.each([
  ["nothing", {}],
  ["no list", { inputs: tensor, outputs: [] }],
  ["a type that there is not", { inputs: [{ ...tensor, datatype: "FP7" }], outputs: [] }],
  ["half an element", { inputs: [{ ...tensor, shape: [0.5] }], outputs: [] }],
  ["a name without end", { inputs: [{ ...tensor, name: "x".repeat(100_000) }], outputs: [] }],
  ["too many", { inputs: [], outputs: Array.from({ length: 30_000 }, () => tensor) }],
])("refuses in words a description of %s", (_what, said) => {
  let error: unknown;
  try {
    describedBy(frameOf(said));
  } catch (caught) {
    error = caught;
  }
  expect(isAppError(error) && error.code === "invalid" && error.message).toMatch(/cannot be read/);
});
