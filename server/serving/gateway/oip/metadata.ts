import type { Datatype, ModelSignature, TensorSignature } from "@/server/adapters/model-runtime/port";

const PLATFORM = "onnx_onnxv1";
/** What the server understands besides the protocol itself, in the names that clients look for. */
const EXTENSIONS = [
  "binary_tensor_data",
  "classification",
  "model_configuration",
  "model_repository",
  "statistics",
];

export const serverMetadata = (version: string) => ({ name: "modelworks", version, extensions: EXTENSIONS });

const tensor = ({ name, datatype, shape }: TensorSignature) => ({ name, datatype, shape });

/** Answer of GET /v2/models/{name}. */
export const modelMetadata = (name: string, versions: readonly string[], signature: ModelSignature) => ({
  name,
  versions,
  platform: signature.platform ?? PLATFORM,
  inputs: signature.inputs.map(tensor),
  outputs: signature.outputs.map(tensor),
});

/** The names of the model configuration, which differ from the protocol's own for one type. */
const typeName = (datatype: Datatype) => `TYPE_${datatype === "BYTES" ? "STRING" : datatype}`;

const described = ({ name, datatype, shape, optional }: TensorSignature) => ({
  name,
  data_type: typeName(datatype),
  dims: shape,
  ...(optional === true ? { optional } : {}),
});

/** Answer of GET /v2/models/{name}/config. Shapes are whole: no dimension is set apart as the batch's. */
export const modelConfig = (name: string, signature: ModelSignature) => ({
  name,
  platform: signature.platform ?? PLATFORM,
  backend: signature.platform ?? "onnxruntime",
  max_batch_size: 0,
  input: signature.inputs.map(described),
  output: signature.outputs.map(described),
});

export interface IndexEntry {
  name: string;
  version: string;
  state: "READY" | "UNAVAILABLE";
  reason: string;
}

/** Answer of POST /v2/repository/index. */
export const repositoryIndex = (entries: readonly IndexEntry[], readyOnly: boolean) =>
  readyOnly ? entries.filter((entry) => entry.state === "READY") : entries;
