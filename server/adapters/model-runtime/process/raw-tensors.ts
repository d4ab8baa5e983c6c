import { PARAMETERS, tensorsOf, type Frame, type RawTensor } from "../onnx/child/frame.mjs";
import type { ModelSignature, Tensor, TensorSignature } from "../port";
import { isAppError } from "@/server/core/errors";
import { exactJsonText } from "@/server/core/exact-json";
import { bytesOf, dataFromBytes } from "../tensor";
import { modelFault } from "./host-rules";

export const toRaw = (tensor: Tensor, index: number): RawTensor => ({
  index,
  datatype: tensor.datatype,
  shape: tensor.shape,
  bytes: bytesOf(tensor.data),
});

/** A request's parameters on their way, beside its inputs; nothing where it sets none. */
export function rawParameters(parameters: Readonly<Record<string, unknown>> | undefined): RawTensor[] {
  if (!parameters || Object.keys(parameters).length === 0) return [];
  const bytes = bytesOf([new TextEncoder().encode(exactJsonText(parameters))]);
  return [{ index: PARAMETERS, datatype: "BYTES", shape: [1], bytes }];
}

function fromRaw(raw: RawTensor | undefined, index: number, { name, datatype }: TensorSignature): Tensor {
  if (raw?.index !== index || raw.datatype !== datatype)
    throw modelFault(`it gave no ${datatype} for ${name}`);
  const shape = [...raw.shape];
  // A copy: a frame's memory is used again.
  return { name, datatype, shape, data: dataFromBytes(datatype, shape, new Uint8Array(raw.bytes), name) };
}

/** What a model answered, an output for each of its signature. @throws AppError `internal`: nothing in it is the caller's fault. */
export function outputsOf(answer: Frame, signature: ModelSignature): Tensor[] {
  try {
    const raw = tensorsOf(answer);
    return signature.outputs.map((output, index) => fromRaw(raw[index], index, output));
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    throw isAppError(error) && error.code === "internal"
      ? error
      : modelFault(`it gave an answer that cannot be read: ${said}`);
  }
}
