import type { ModelSignature, Tensor } from "@/server/adapters/model-runtime/port";
import { invalidField } from "@/server/core/errors";
import type { InferBody } from "./body";
import { isRecord, refuseUnknown, shown } from "./fields";
import { outputParameters, requestParameters } from "./parameters";
import { type Cursor, parseInput, parseRaw } from "./parse-inputs";

/** An output as the caller wants it. */
export interface WantedOutput {
  name: string;
  binary: boolean;
  /** The highest so many values of each row, as texts; undefined for the values themselves. */
  classes?: number;
}

/** An inference request of the Open Inference Protocol v2, checked against the model's signature. */
export interface InferRequest {
  id: string | undefined;
  inputs: Tensor[];
  /** In the order of the answer. */
  outputs: WantedOutput[];
  /** How long the caller waits, counted from the arrival; undefined for as long as the deployment allows. */
  deadlineMs: number | undefined;
  /** What it sets of the model's own parameters. */
  parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** The name and version in a body repeat the address, as KServe's client does it. */
const FIELDS: ReadonlySet<string> = new Set([
  "id",
  "parameters",
  "inputs",
  "outputs",
  "model_name",
  "model_version",
]);
const OUTPUT_FIELDS: ReadonlySet<string> = new Set(["name", "parameters"]);

function parseOutputs(value: unknown, signature: ModelSignature, binaryOutput: boolean): WantedOutput[] {
  const all = signature.outputs.map(({ name }) => ({ name, binary: binaryOutput }));
  if (value === undefined || value === null) return all;
  if (!Array.isArray(value)) throw invalidField("outputs", "must be a list");
  const names = new Set<string>();
  const wanted = value.map((item: unknown, index): WantedOutput => {
    const at = `outputs[${index}]`;
    if (!isRecord(item)) throw invalidField(at, "must be an object");
    refuseUnknown(item, OUTPUT_FIELDS, at);
    const { name } = item;
    if (typeof name !== "string" || !all.some((output) => output.name === name))
      throw invalidField(
        `${at}.name`,
        `${shown(name)} is no output of this model; it has ${all.map((output) => output.name).join(", ")}`,
      );
    if (names.has(name)) throw invalidField("outputs", "names an output twice");
    names.add(name);
    return { name, binary: binaryOutput, ...outputParameters(item.parameters, `${at}.parameters`) };
  });
  return wanted.length > 0 ? wanted : all;
}

function parseInputs(value: unknown, binary: Uint8Array, signature: ModelSignature): Tensor[] {
  const byName = new Map(signature.inputs.map((input) => [input.name, input]));
  const required = signature.inputs.filter((input) => input.optional !== true);
  // A model may have no inputs at all.
  const items = value === undefined && required.length === 0 ? [] : value;
  if (!Array.isArray(items)) throw invalidField("inputs", "is missing: a list of tensors");
  const cursor: Cursor = { bytes: binary, at: 0 };
  const inputs = items.map((item: unknown, index) => parseInput(item, `inputs[${index}]`, byName, cursor));
  if (cursor.at !== binary.length)
    throw invalidField("body", `holds ${binary.length - cursor.at} bytes after those of its tensors`);
  const seen = new Set(inputs.map((input) => input.name));
  if (seen.size !== inputs.length) throw invalidField("inputs", "names an input twice");
  const missing = required.filter(({ name }) => !seen.has(name));
  if (missing.length > 0) throw invalidField("inputs", `lacks ${missing.map(({ name }) => name).join(", ")}`);
  return inputs;
}

/**
 * Checks a request against the model's signature. Data may be flat or nested like its shape, or follow the JSON as bytes.
 * @throws AppError `invalid` that names the field.
 */
export function parseInferRequest(body: InferBody, signature: ModelSignature): InferRequest {
  if (body.kind === "raw") {
    const outputs = signature.outputs.map(({ name }) => ({ name, binary: true }));
    return { id: undefined, inputs: [parseRaw(body.binary, signature)], outputs, deadlineMs: undefined };
  }
  const { json, binary } = body;
  if (!isRecord(json)) throw invalidField("body", "must be a JSON object with inputs");
  refuseUnknown(json, FIELDS, "");
  const { id } = json;
  if (id !== undefined && id !== null && typeof id !== "string") throw invalidField("id", "must be a text");
  const own = signature.parameters?.map(({ name }) => name);
  const { binaryOutput, deadlineMs, parameters } = requestParameters(json.parameters, own);
  return {
    id: id ?? undefined,
    inputs: parseInputs(json.inputs, binary, signature),
    outputs: parseOutputs(json.outputs, signature, binaryOutput),
    deadlineMs,
    parameters,
  };
}
