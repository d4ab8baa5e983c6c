import type { ModelSignature, Tensor, TensorSignature } from "@/server/adapters/model-runtime/port";
import { storedTensor } from "@/server/adapters/model-runtime/tensor-to-json";

const tensor = ({ name, datatype, shape }: TensorSignature) => ({ name, datatype, shape });

/** Answer of GET /v2/models/{name}. */
export const modelMetadata = (name: string, versions: readonly string[], signature: ModelSignature) => ({
  name,
  versions,
  platform: "onnx_onnxv1",
  inputs: signature.inputs.map(tensor),
  outputs: signature.outputs.map(tensor),
});

/** Answer of POST …/infer; the id is the caller's, or the prediction's. */
export const inferResponse = (
  name: string,
  version: string,
  id: string,
  outputs: readonly Tensor[],
  wanted: readonly string[] | undefined,
) => ({
  model_name: name,
  model_version: version,
  id,
  outputs: (wanted
    ? wanted.flatMap((each) => outputs.filter((output) => output.name === each))
    : outputs
  ).map(storedTensor),
});

export const serverMetadata = (version: string) => ({ name: "modelworks", version, extensions: [] });
