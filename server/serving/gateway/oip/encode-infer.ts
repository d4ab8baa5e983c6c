import type { Tensor, TensorSignature } from "@/server/adapters/model-runtime/port";
import { bytesOf } from "@/server/adapters/model-runtime/tensor";
import { jsonListText } from "@/server/adapters/model-runtime/tensor-to-json";
import { invalidField } from "@/server/core/errors";
import { topClasses } from "./classification";
import type { WantedOutput } from "./parse-infer";

/** The body of an answer and the headers that say how to read it. */
export interface Payload {
  body: string | Buffer;
  headers: Record<string, string>;
}

export interface InferAnswer {
  name: string;
  version: string;
  id: string;
  outputs: readonly Tensor[];
  wanted: readonly WantedOutput[];
  /** The model's outputs, for the labels of their classes. */
  signature: readonly TensorSignature[];
}

function dataText(tensor: Tensor): string {
  const text = jsonListText(tensor);
  if (text === undefined)
    throw invalidField("outputs", `${tensor.name} holds bytes that are no text; ask for it with binary_data`);
  return text;
}

function outputText(tensor: Tensor, tail: string): string {
  const { name, datatype, shape } = tensor;
  return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(",")}],${tail}}`;
}

/** Answer of POST …/infer: JSON, or JSON with the bytes of the outputs that were wanted as such behind it. */
export function encodeInfer(answer: InferAnswer): Payload {
  const texts: string[] = [];
  const binaries: Uint8Array[] = [];
  for (const { name, binary, classes } of answer.wanted) {
    const found = answer.outputs.find((output) => output.name === name);
    if (!found) continue;
    const labels = answer.signature.find((output) => output.name === name)?.labels;
    const tensor = classes === undefined ? found : topClasses(found, classes, labels);
    if (binary) {
      const bytes = bytesOf(tensor.data);
      binaries.push(bytes);
      texts.push(outputText(tensor, `"parameters":{"binary_data_size":${bytes.byteLength}}`));
    } else texts.push(outputText(tensor, `"data":${dataText(tensor)}`));
  }
  const head = `"model_name":${JSON.stringify(answer.name)},"model_version":${JSON.stringify(answer.version)},"id":${JSON.stringify(answer.id)}`;
  const text = `{${head},"outputs":[${texts.join(",")}]}`;
  if (binaries.length === 0) return { body: text, headers: { "content-type": "application/json" } };
  const json = Buffer.from(text, "utf8");
  return {
    body: Buffer.concat([json, ...binaries]),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(json.length),
    },
  };
}
