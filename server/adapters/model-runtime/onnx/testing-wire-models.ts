import onnxProto from "onnx-proto";
import { DATATYPES, type Datatype } from "../port";

/** Bytes of small models for tests of the wire: they give back what they get. */

const { onnx } = onnxProto;

const TYPES: Record<Datatype, number> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
};

/** The runtime has no values of BF16. */
export const SERVED = DATATYPES.filter((each) => each !== "BF16");

type Sizes = readonly (number | string)[];

const value = (name: string, datatype: Datatype, sizes: Sizes) => ({
  name,
  type: {
    tensorType: {
      elemType: TYPES[datatype],
      shape: {
        dim: sizes.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size })),
      },
    },
  },
});

type Graph = Parameters<typeof onnx.GraphProto.create>[0];

const bytesOf = (graph: Graph): Uint8Array =>
  onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [
        { domain: "", version: 17 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
      graph: { name: "wire", ...graph },
    }),
  ).finish();

const floats = (name: string, values: readonly number[]) => ({
  name,
  dataType: TYPES.FP32,
  dims: [values.length],
  rawData: new Uint8Array(Float32Array.from(values).buffer),
});

/** `y` is `x`. */
export const identityModel = (datatype: Datatype, sizes: Sizes): Uint8Array =>
  bytesOf({
    node: [{ opType: "Identity", input: ["x"], output: ["y"] }],
    input: [value("x", datatype, sizes)],
    output: [value("y", datatype, sizes)],
  });

/** Two inputs of different kinds, and an output for each. */
export const pairModel = (): Uint8Array =>
  bytesOf({
    node: [
      { opType: "Identity", input: ["id"], output: ["same_id"] },
      { opType: "Identity", input: ["text"], output: ["same_text"] },
    ],
    input: [value("id", "INT64", ["n"]), value("text", "BYTES", ["n"])],
    output: [value("same_id", "INT64", ["n"]), value("same_text", "BYTES", ["n"])],
  });

/** No inputs at all. */
export const constantModel = (values: readonly number[]): Uint8Array =>
  bytesOf({
    node: [{ opType: "Identity", input: ["w"], output: ["y"] }],
    initializer: [floats("w", values)],
    output: [value("y", "FP32", [values.length])],
  });

/** `y = x + w`, where `w` is an input with a value of its own. */
export const optionalModel = (own: number): Uint8Array =>
  bytesOf({
    node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
    initializer: [floats("w", [own])],
    input: [value("x", "FP32", ["n"]), value("w", "FP32", [1])],
    output: [value("y", "FP32", ["n"])],
  });

/** Ways to the answer that need a row, or at least know what to do without one: `y` of `x` with rows of two. */
export const rowModel = (way: "first" | "largest" | "sum" | "reshaped"): Uint8Array => {
  const over = { name: "axes", type: 7, ints: [0] };
  const flat = { name: "keepdims", type: 2, i: 0 };
  const node = {
    first: { opType: "Gather", input: ["x", "at"] },
    largest: { opType: "ReduceMax", input: ["x"], attribute: [over, flat] },
    sum: { opType: "ReduceSum", input: ["x", "at"], attribute: [flat] },
    reshaped: { opType: "Reshape", input: ["x", "sizes"] },
  }[way];
  const numbers = (name: string, values: readonly bigint[], dims: number[]) => ({
    name,
    dataType: TYPES.INT64,
    dims,
    rawData: new Uint8Array(BigInt64Array.from(values).buffer),
  });
  return bytesOf({
    node: [{ ...node, output: ["y"] }],
    initializer: [
      ...(way === "first" ? [numbers("at", [0n], [])] : []),
      ...(way === "sum" ? [numbers("at", [0n], [1])] : []),
      ...(way === "reshaped" ? [numbers("sizes", [-1n, 2n], [2])] : []),
    ],
    input: [value("x", "FP32", ["n", 2])],
    output: [value("y", "FP32", way === "reshaped" ? ["n", 2] : [2])],
  });
};

/** Ends in a sequence of maps, as scikit-learn's converter writes classifiers by default. */
export const zipMapModel = (): Uint8Array =>
  bytesOf({
    node: [
      {
        opType: "ZipMap",
        domain: "ai.onnx.ml",
        input: ["x"],
        output: ["probabilities"],
        attribute: [{ name: "classlabels_int64s", type: 7, ints: [0, 1] }],
      },
    ],
    input: [value("x", "FP32", ["n", 2])],
    output: [
      {
        name: "probabilities",
        type: {
          sequenceType: {
            elemType: {
              mapType: { keyType: TYPES.INT64, valueType: { tensorType: { elemType: TYPES.FP32 } } },
            },
          },
        },
      },
    ],
  });
