import {
  DATATYPES,
  type ModelSignature,
  type Tensor,
  type TensorSignature,
} from "@/server/adapters/model-runtime/port";
import { isFloat } from "@/server/adapters/model-runtime/floats";
import { dataFromJson } from "@/server/adapters/model-runtime/tensor-from-json";
import { invalidField } from "@/server/core/errors";

/** An inference request of the Open Inference Protocol v2, checked against the model's signature. */
export interface InferRequest {
  id: string | undefined;
  inputs: Tensor[];
  /** Names of the outputs that were asked for; undefined for all. */
  outputs: string[] | undefined;
  parameters: Record<string, unknown>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

function shapeOf(value: unknown, field: string): number[] {
  if (!Array.isArray(value)) throw invalidField(field, "must be a list of sizes");
  return value.map((size: unknown) => {
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0) {
      throw invalidField(field, `holds ${JSON.stringify(size)}; sizes are whole numbers of 0 or more`);
    }
    return size;
  });
}

function checkShape(shape: readonly number[], expected: TensorSignature, field: string): void {
  const wanted = `[${expected.shape.join(", ")}]`;
  if (shape.length !== expected.shape.length)
    throw invalidField(field, `has ${shape.length} dimensions; the model wants ${wanted}`);
  expected.shape.forEach((size, index) => {
    if (size !== -1 && shape[index] !== size) {
      throw invalidField(field, `is [${shape.join(", ")}]; the model wants ${wanted} (-1: any size)`);
    }
  });
}

function parseInput(value: unknown, index: number, byName: ReadonlyMap<string, TensorSignature>): Tensor {
  const at = `inputs[${index}]`;
  if (!isRecord(value)) throw invalidField(at, "must be an object");
  const { name, datatype, data } = value;
  if (typeof name !== "string") throw invalidField(`${at}.name`, "is missing");
  const expected = byName.get(name);
  if (!expected)
    throw invalidField(
      `${at}.name`,
      `"${name}" is no input of this model; it has ${[...byName.keys()].join(", ")}`,
    );
  const given = DATATYPES.find((each) => each === datatype);
  const compatible = given === expected.datatype || (given && isFloat(given) && isFloat(expected.datatype));
  if (!compatible)
    throw invalidField(
      `${at}.datatype`,
      `is ${JSON.stringify(datatype)}; the model wants ${expected.datatype}`,
    );
  const shape = shapeOf(value.shape, `${at}.shape`);
  checkShape(shape, expected, `${at}.shape`);
  if (data === undefined)
    throw invalidField(
      `${at}.data`,
      "is missing; binary tensors are not taken here, send JSON (binary_data=False)",
    );
  return {
    name,
    datatype: expected.datatype,
    shape,
    data: dataFromJson(expected.datatype, shape, data, `${at}.data`),
  };
}

function parseOutputs(value: unknown, signature: ModelSignature): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw invalidField("outputs", "must be a list");
  const known = new Set(signature.outputs.map((output) => output.name));
  const names = value.map((item: unknown, index) => {
    const name = isRecord(item) ? item.name : undefined;
    if (typeof name !== "string" || !known.has(name)) {
      throw invalidField(
        `outputs[${index}].name`,
        `${JSON.stringify(name)} is no output of this model; it has ${[...known].join(", ")}`,
      );
    }
    return name;
  });
  if (new Set(names).size !== names.length) throw invalidField("outputs", "names an output twice");
  return names.length > 0 ? names : undefined;
}

/**
 * Parses and checks a request body. Data may be nested or flat; the element count must match the shape.
 * @throws AppError `invalid` that names the field.
 */
export function parseInferRequest(body: unknown, signature: ModelSignature): InferRequest {
  if (!isRecord(body)) throw invalidField("body", "must be a JSON object with inputs");
  if (!Array.isArray(body.inputs)) throw invalidField("inputs", "is missing: a list of tensors");
  const byName = new Map(signature.inputs.map((input) => [input.name, input]));
  const inputs = body.inputs.map((input: unknown, index) => parseInput(input, index, byName));
  const seen = new Set(inputs.map((input) => input.name));
  if (seen.size !== inputs.length) throw invalidField("inputs", "names an input twice");
  const missing = [...byName.keys()].filter((name) => !seen.has(name));
  if (missing.length > 0) throw invalidField("inputs", `lacks ${missing.join(", ")}`);
  if (body.id !== undefined && typeof body.id !== "string") throw invalidField("id", "must be a text");
  return {
    id: body.id,
    inputs,
    outputs: parseOutputs(body.outputs, signature),
    parameters: isRecord(body.parameters) ? body.parameters : {},
  };
}
