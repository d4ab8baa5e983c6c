import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
const { FLOAT, INT64, BOOL } = onnx.TensorProto.DataType;

/** Bytes of models that misbehave when they are asked to, each by the value of its input. */

const value = (name: string, elemType: number, sizes: (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: {
        dim: sizes.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size })),
      },
    },
  },
});

const encode = (graph: Parameters<typeof onnx.GraphProto.create>[0], docString = ""): Uint8Array =>
  onnx.ModelProto.encode(
    onnx.ModelProto.create({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], docString, graph }),
  ).finish();

const body = {
  name: "body",
  node: [
    { opType: "Identity", input: ["goes"], output: ["goesOn"] },
    { opType: "Sin", input: ["x"], output: ["sine"] },
  ],
  input: [value("round", INT64, []), value("goes", BOOL, []), value("x", FLOAT, [1])],
  output: [value("goesOn", BOOL, []), value("sine", FLOAT, [1])],
};

/** Takes about a microsecond for each of `rounds` [1] INT64; a huge number never ends. */
export const loopModel = (): Uint8Array =>
  encode({
    name: "loop",
    node: [
      { opType: "Squeeze", input: ["rounds"], output: ["times"] },
      {
        opType: "Loop",
        input: ["times", "yes", "start"],
        output: ["y"],
        attribute: [{ name: "body", type: onnx.AttributeProto.AttributeType.GRAPH, g: body }],
      },
    ],
    initializer: [
      { name: "yes", dataType: BOOL, dims: [], rawData: new Uint8Array([1]) },
      { name: "start", dataType: FLOAT, dims: [1], floatData: [1] },
    ],
    input: [value("rounds", INT64, [1])],
    output: [value("y", FLOAT, [1])],
  });

/** Allocates and fills `size` [1] INT64 floats. */
export const swellModel = (): Uint8Array =>
  encode({
    name: "swell",
    node: [
      { opType: "ConstantOfShape", input: ["size"], output: ["big"] },
      {
        opType: "ReduceSum",
        input: ["big"],
        output: ["y"],
        attribute: [{ name: "keepdims", type: onnx.AttributeProto.AttributeType.INT, i: 0 }],
      },
    ],
    input: [value("size", INT64, [1])],
    output: [value("y", FLOAT, [])],
  });

/** Answers with `size` [1] INT64 floats: a few bytes that become as many as one likes. */
export const floodModel = (): Uint8Array =>
  encode({
    name: "flood",
    node: [{ opType: "ConstantOfShape", input: ["size"], output: ["y"] }],
    input: [value("size", INT64, [1])],
    output: [value("y", FLOAT, ["n"])],
  });

/** Looks up `at` [n] INT64 in a table of four; any other index is an error inside the runtime, which the signature does not show. */
export const lookupModel = (): Uint8Array =>
  encode({
    name: "lookup",
    node: [{ opType: "Gather", input: ["table", "at"], output: ["y"] }],
    initializer: [{ name: "table", dataType: FLOAT, dims: [4], floatData: [10, 20, 30, 40] }],
    input: [value("at", INT64, ["n"])],
    output: [value("y", FLOAT, ["n"])],
  });

/** Adds to each of `x` [n] FP32 how many there are, so that it answers otherwise in company. */
export const companyModel = (): Uint8Array =>
  encode({
    name: "company",
    node: [
      { opType: "Shape", input: ["x"], output: ["size"] },
      {
        opType: "Cast",
        input: ["size"],
        output: ["count"],
        attribute: [{ name: "to", type: onnx.AttributeProto.AttributeType.INT, i: FLOAT }],
      },
      { opType: "Add", input: ["x", "count"], output: ["y"] },
    ],
    input: [value("x", FLOAT, ["n"])],
    output: [value("y", FLOAT, ["n"])],
  });

/** Adds four floats that lie in another file; `docString` changes nothing but the digest. */
export const externalModel = (location: string, docString = ""): Uint8Array =>
  encode(
    {
      name: "external",
      node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
      initializer: [
        {
          name: "w",
          dataType: FLOAT,
          dims: [4],
          dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
          externalData: [
            { key: "location", value: location },
            { key: "length", value: "16" },
          ],
        },
      ],
      input: [value("x", FLOAT, [4])],
      output: [value("y", FLOAT, [4])],
    },
    docString,
  );
