import { z } from "zod";
import { firstCharacters } from "@/server/core/characters";
import { invalidField } from "@/server/core/errors";
import type { ModelSignature, Tensor } from "../model-runtime/port";
import { jsonListText } from "../model-runtime/tensor-to-json";
import { givenTensor, jsonOf } from "./answers";
import { farFault } from "./faults";
import { Reported, type OipEndpoint } from "./schemas";

const join = (base: string, path: string): URL => new URL(base.replace(/\/+$/, "") + path);

/** Addresses of the Open Inference Protocol for one model. */
export function oipAddresses({ url, model, version }: OipEndpoint) {
  const own = `/v2/models/${encodeURIComponent(model)}${version === null ? "" : `/versions/${encodeURIComponent(version)}`}`;
  return { metadata: join(url, own), ready: join(url, `${own}/ready`), infer: join(url, `${own}/infer`) };
}

/** @throws AppError `internal` when the far end describes its model otherwise than the protocol has it */
export function readMetadata(body: Buffer): Reported {
  const read = Reported.safeParse(jsonOf(body));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw farFault(`what it says of its model cannot be read (${issue?.path.map(String).join(".") ?? ""}).`);
}

/** JSON alone, which every server of the protocol takes. */
export function encodeOip(inputs: readonly Tensor[], signature: ModelSignature): string {
  const tensors = inputs.map((tensor) => {
    const data = jsonListText(tensor);
    if (data === undefined)
      throw invalidField(
        "inputs",
        `${tensor.name} holds bytes that are no text, which an external endpoint is not sent`,
      );
    const { name, datatype, shape } = tensor;
    return `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(",")}],"data":${data}}`;
  });
  const outputs = signature.outputs.map(({ name }) => ({ name }));
  return `{"inputs":[${tensors.join(",")}],"outputs":${JSON.stringify(outputs)}}`;
}

const Answer = z.looseObject({
  model_version: z.string().max(1000).nullish(),
  outputs: z
    .array(
      z.looseObject({
        name: z.string(),
        datatype: z.string(),
        shape: z.array(z.number().int().min(0)).max(32),
        data: z.unknown(),
      }),
    )
    .max(256),
});

/** @throws AppError `internal` for anything but what the signature promises */
export function decodeOip(body: Buffer, signature: ModelSignature, version: string | null): Tensor[] {
  const read = Answer.safeParse(jsonOf(body));
  if (!read.success) throw farFault("its answer is none of the Open Inference Protocol.");
  const { model_version: by, outputs } = read.data;
  if (version !== null && typeof by === "string" && by !== "" && by !== version)
    throw farFault(`version ${firstCharacters(by, 100)} answered instead of version ${version}.`);
  return signature.outputs.map((wanted) => {
    const found = outputs.filter(({ name }) => name === wanted.name);
    const [given] = found;
    if (!given || found.length > 1)
      throw farFault(`its answer holds the output "${wanted.name}" ${found.length} times.`);
    if (given.datatype !== wanted.datatype)
      throw farFault(
        `its output "${wanted.name}" is ${firstCharacters(given.datatype, 40)}; it promises ${wanted.datatype}.`,
      );
    return givenTensor(wanted, given.shape, given.data);
  });
}
