import { isUtf8 } from "node:buffer";
import { convertFloats, isFloat } from "@/server/adapters/model-runtime/floats";
import {
  DATATYPES,
  type Datatype,
  type ModelSignature,
  type Tensor,
  type TensorData,
  type TensorSignature,
} from "@/server/adapters/model-runtime/port";
import { dataFromBytes, elementBytes, isTexts, shapeText } from "@/server/adapters/model-runtime/tensor";
import { dataFromJson } from "@/server/adapters/model-runtime/tensor-from-json";
import { invalidField } from "@/server/core/errors";
import { isRecord, refuseUnknown, shown } from "./fields";
import { binarySizeOf } from "./parameters";

/** The bytes after the JSON, taken piece by piece in the order of the inputs. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

const FIELDS: ReadonlySet<string> = new Set(["name", "shape", "datatype", "parameters", "data"]);
const MAX_DIMENSIONS = 64;
const MAX_SIZE = 2 ** 31 - 1;

function shapeOf(value: unknown, field: string): number[] {
  if (!Array.isArray(value)) throw invalidField(field, "must be a list of sizes");
  if (value.length > MAX_DIMENSIONS) throw invalidField(field, `has more than ${MAX_DIMENSIONS} dimensions`);
  return value.map((size: unknown) => {
    if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > MAX_SIZE)
      throw invalidField(field, `holds ${shown(size)}; sizes are whole numbers of 0 or more, below 2^31`);
    return size;
  });
}

function checkShape(shape: readonly number[], expected: TensorSignature, field: string): void {
  // A model that says nothing of the dimensions and one that wants none look the same; the runtime knows.
  if (expected.shape.length === 0) return;
  const wanted = shapeText(expected.shape);
  if (shape.length !== expected.shape.length)
    throw invalidField(field, `has ${shape.length} dimensions; the model wants ${wanted}`);
  expected.shape.forEach((size, index) => {
    if (size !== -1 && shape[index] !== size)
      throw invalidField(field, `is ${shapeText(shape)}; the model wants ${wanted} (-1: any size)`);
  });
}

function datatypeOf(value: unknown, expected: Datatype, field: string): Datatype {
  const given = DATATYPES.find((each) => each === value);
  if (given === undefined || (given !== expected && !(isFloat(given) && isFloat(expected))))
    throw invalidField(field, `is ${shown(value)}; the model wants ${expected}`);
  return given;
}

/** ONNX Runtime takes texts, and cuts them at a zero byte. */
function checkTexts(texts: readonly Uint8Array[], field: string): void {
  texts.forEach((text, index) => {
    if (text.includes(0))
      throw invalidField(field, `holds a zero byte in element ${index}, which the model cannot be given`);
    if (!isUtf8(text))
      throw invalidField(
        field,
        `holds bytes in element ${index} that are no UTF-8 text; the model takes texts`,
      );
  });
}

/** Elements as the model takes them: another float datatype is converted, both ways alike. */
function fit(data: TensorData, given: Datatype, expected: Datatype, field: string): TensorData {
  if (isTexts(data)) checkTexts(data, field);
  if (given === expected || !isFloat(given) || !isFloat(expected)) return data;
  return convertFloats(given, data, expected, field);
}

function take(cursor: Cursor, size: number, field: string): Uint8Array {
  const left = cursor.bytes.length - cursor.at;
  if (size > left) throw invalidField(field, `is ${size}, but only ${left} bytes follow`);
  const bytes = cursor.bytes.subarray(cursor.at, cursor.at + size);
  cursor.at += size;
  return bytes;
}

/** One input, from JSON or from the bytes that follow it. @throws AppError `invalid` that names the field. */
export function parseInput(
  value: unknown,
  at: string,
  byName: ReadonlyMap<string, TensorSignature>,
  cursor: Cursor,
): Tensor {
  if (!isRecord(value)) throw invalidField(at, "must be an object");
  refuseUnknown(value, FIELDS, at);
  const { name, datatype, data } = value;
  if (typeof name !== "string") throw invalidField(`${at}.name`, "is missing");
  const expected = byName.get(name);
  if (!expected)
    throw invalidField(
      `${at}.name`,
      `${shown(name)} is no input of this model; it has ${[...byName.keys()].join(", ") || "none"}`,
      "An input with a value of its own inside the model keeps that value.",
    );
  const given = datatypeOf(datatype, expected.datatype, `${at}.datatype`);
  const shape = shapeOf(value.shape, `${at}.shape`);
  checkShape(shape, expected, `${at}.shape`);
  const size = binarySizeOf(value.parameters, `${at}.parameters`);
  if (size !== undefined && data !== undefined)
    throw invalidField(at, "has both data and binary_data_size; send one of them");
  if (size === undefined && data === undefined)
    throw invalidField(
      `${at}.data`,
      "is missing; send it here, or its bytes after the JSON with binary_data_size",
    );
  const field = size === undefined ? `${at}.data` : `${at}.parameters.binary_data_size`;
  const elements =
    size === undefined
      ? dataFromJson(given, shape, data, field)
      : dataFromBytes(given, shape, take(cursor, size, field), field);
  return { name, datatype: expected.datatype, shape, data: fit(elements, given, expected.datatype, at) };
}

/** The shape of a raw request's one input: its free dimension has what the bytes give. */
function rawShape(input: TensorSignature, byteLength: number): number[] {
  if (!input.shape.includes(-1)) return input.shape;
  const fixed = input.shape.reduce(
    (product, size) => (size === -1 ? product : product * size),
    elementBytes(input.datatype),
  );
  const free = byteLength / fixed;
  if (!Number.isInteger(free))
    throw invalidField(
      "body",
      `holds ${byteLength} bytes, no multiple of the ${fixed} that ${input.name} asks for`,
    );
  return input.shape.map((size) => (size === -1 ? free : size));
}

/** The input of a request that is nothing but the bytes of one tensor. */
export function parseRaw(bytes: Uint8Array, signature: ModelSignature): Tensor {
  const [input, ...more] = signature.inputs;
  const free = input?.shape.filter((size) => size === -1).length ?? 0;
  if (!input || more.length > 0)
    throw invalidField(
      "body",
      `is raw bytes, but the model has ${signature.inputs.length} inputs; send JSON before them`,
    );
  if (free > 1)
    throw invalidField(
      "body",
      `is raw bytes, but ${input.name} has ${free} free dimensions; send JSON before them`,
    );
  if (input.datatype === "BYTES") {
    const shape = input.shape.map(() => 1);
    checkShape(shape, input, "body");
    return { name: input.name, datatype: "BYTES", shape, data: fit([bytes], "BYTES", "BYTES", "body") };
  }
  const shape = rawShape(input, bytes.byteLength);
  return {
    name: input.name,
    datatype: input.datatype,
    shape,
    data: dataFromBytes(input.datatype, shape, bytes, "body"),
  };
}
