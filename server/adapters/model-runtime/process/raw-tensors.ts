import type { RawTensor } from "../onnx/child/frame.mjs";
import type { Tensor, TensorSignature } from "../port";
import { bytesOf, dataFromBytes } from "../tensor";

export const toRaw = (tensor: Tensor, index: number): RawTensor => ({
  index,
  datatype: tensor.datatype,
  shape: tensor.shape,
  bytes: bytesOf(tensor.data),
});

/** The data is a copy: a frame's memory is used again. */
export const fromRaw = (raw: RawTensor, { name, datatype }: TensorSignature): Tensor => {
  const shape = [...raw.shape];
  return { name, datatype, shape, data: dataFromBytes(datatype, shape, new Uint8Array(raw.bytes), name) };
};
