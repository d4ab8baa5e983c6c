import onnxProto from "onnx-proto";

const { onnx } = onnxProto;

/** Bytes of a linear classifier for tests: label = score above `bias`, with scores `features · weights`; input `features` [-1, n] FP32. */
export function linearModel(weights: readonly number[]): Uint8Array {
  const FLOAT = onnx.TensorProto.DataType.FLOAT;
  const dimension = (size: number | string) =>
    typeof size === "string" ? { dimParam: size } : { dimValue: size };
  const tensor = (name: string, sizes: (number | string)[], elemType: number) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: sizes.map(dimension) } } },
  });
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "linear",
      node: [
        { opType: "MatMul", input: ["features", "weights"], output: ["score"] },
        { opType: "Greater", input: ["score", "zero"], output: ["above"] },
        {
          opType: "Cast",
          input: ["above"],
          output: ["label"],
          attribute: [{ name: "to", type: 2, i: onnx.TensorProto.DataType.INT64 }],
        },
      ],
      initializer: [
        {
          name: "weights",
          dataType: FLOAT,
          dims: [weights.length, 1],
          rawData: new Uint8Array(Float32Array.from(weights).buffer),
        },
        { name: "zero", dataType: FLOAT, dims: [1], rawData: new Uint8Array(new Float32Array([0]).buffer) },
      ],
      input: [tensor("features", ["batch", weights.length], FLOAT)],
      output: [
        tensor("label", ["batch", 1], onnx.TensorProto.DataType.INT64),
        tensor("score", ["batch", 1], FLOAT),
      ],
    },
  });
  return onnx.ModelProto.encode(model).finish();
}
