import { clip } from "@/server/core/characters";
import { invalidField } from "@/server/core/errors";
import { type FloatDatatype, floatZeros, isFloat, putFloat } from "./floats";
import type { Datatype, TensorData } from "./port";
import { elementCount, shapeText } from "./tensor";

/** Writes one JSON value as element `index`. */
type Put = (value: unknown, index: number) => void;

const NON_FINITE = /^([+-]?)(nan|inf|infinity)$/i;
const DIGITS = /^-?\d{1,20}$/;
const HALF_PAIR = /\p{Surrogate}/u;

const shown = (value: unknown): string => {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return clip(text, 60);
};

/** Null is a missing value; "NaN", "Infinity" and "-Infinity" are spelled as numpy, Python and JavaScript do, in any case. */
function oddFloat(value: unknown, datatype: Datatype, field: string): number {
  if (value === null) return Number.NaN;
  if (typeof value === "bigint") return Number(value);
  const spelled = typeof value === "string" ? NON_FINITE.exec(value) : null;
  if (spelled?.[2])
    return spelled[2].toLowerCase() === "nan"
      ? Number.NaN
      : (spelled[1] === "-" ? -1 : 1) * Number.POSITIVE_INFINITY;
  throw invalidField(
    field,
    `must hold numbers for ${datatype} (null or "NaN" for a missing one), but holds ${shown(value)}`,
  );
}

function floatPut(datatype: FloatDatatype, count: number, field: string): [TensorData, Put] {
  const data = floatZeros(datatype, count);
  return [
    data,
    (value, index) => {
      const isNumber = typeof value === "number";
      const number = isNumber ? value : oddFloat(value, datatype, field);
      // JSON has no infinity: a number that reads as one was beyond every float.
      const fits = putFloat(datatype, data, index, number) && !(isNumber && !Number.isFinite(number));
      if (!fits)
        throw invalidField(
          field,
          `holds ${isNumber && !Number.isFinite(number) ? "a number" : shown(value)}, which is beyond ${datatype}`,
        );
    },
  ];
}

const notWhole = (field: string, datatype: Datatype, value: unknown) =>
  invalidField(field, `must hold whole numbers for ${datatype}, but holds ${shown(value)}`);

const outside = (field: string, datatype: Datatype, value: unknown) =>
  invalidField(field, `holds ${shown(value)}, which does not fit ${datatype}`);

const SMALL = {
  UINT8: { make: Uint8Array, min: 0, max: 255 },
  UINT16: { make: Uint16Array, min: 0, max: 65_535 },
  UINT32: { make: Uint32Array, min: 0, max: 4_294_967_295 },
  INT8: { make: Int8Array, min: -128, max: 127 },
  INT16: { make: Int16Array, min: -32_768, max: 32_767 },
  INT32: { make: Int32Array, min: -2_147_483_648, max: 2_147_483_647 },
} as const;

function smallPut(datatype: keyof typeof SMALL, count: number, field: string): [TensorData, Put] {
  const { make, min, max } = SMALL[datatype];
  const data = new make(count);
  return [
    data,
    (value, index) => {
      const number =
        typeof value === "bigint" || (typeof value === "string" && DIGITS.test(value))
          ? Number(value)
          : value;
      if (typeof number !== "number" || !Number.isInteger(number)) throw notWhole(field, datatype, value);
      if (number < min || number > max) throw outside(field, datatype, value);
      data[index] = number;
    },
  ];
}

const BIG = {
  UINT64: { make: BigUint64Array, min: 0n, max: 2n ** 64n - 1n },
  INT64: { make: BigInt64Array, min: -(2n ** 63n), max: 2n ** 63n - 1n },
} as const;

function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && DIGITS.test(value) ? BigInt(value) : undefined;
}

function bigPut(datatype: keyof typeof BIG, count: number, field: string): [TensorData, Put] {
  const { make, min, max } = BIG[datatype];
  const data = new make(count);
  return [
    data,
    (value, index) => {
      const big = wholeOf(value);
      if (big === undefined) {
        // Only a spelling such as 1e18 arrives so; which whole number was meant is not certain.
        if (Number.isInteger(value))
          throw invalidField(field, `holds ${shown(value)}; write whole numbers beyond 2^53 in digits`);
        throw notWhole(field, datatype, value);
      }
      if (big < min || big > max) throw outside(field, datatype, value);
      data[index] = big;
    },
  ];
}

function boolPut(count: number, field: string): [TensorData, Put] {
  const data = new Uint8Array(count);
  return [
    data,
    (value, index) => {
      if (value !== true && value !== false && value !== 0 && value !== 1)
        throw invalidField(field, `must hold booleans, but holds ${shown(value)}`);
      data[index] = Number(value);
    },
  ];
}

const encoder = new TextEncoder();

function textPut(field: string): [TensorData, Put] {
  const data: Uint8Array[] = [];
  return [
    data,
    (value, index) => {
      if (typeof value !== "string") throw invalidField(field, `must hold texts, but holds ${shown(value)}`);
      if (HALF_PAIR.test(value))
        throw invalidField(field, "holds half of a surrogate pair, which is no text");
      data[index] = encoder.encode(value);
    },
  ];
}

function putOf(datatype: Datatype, count: number, field: string): [TensorData, Put] {
  if (isFloat(datatype)) return floatPut(datatype, count, field);
  if (datatype === "INT64" || datatype === "UINT64") return bigPut(datatype, count, field);
  if (datatype === "BOOL") return boolPut(count, field);
  return datatype === "BYTES" ? textPut(field) : smallPut(datatype, count, field);
}

/** The lists that hold the elements, in order. Nested data has the nesting of its shape, level by level. */
function rowsOf(
  value: unknown,
  shape: readonly number[],
  level: number,
  field: string,
  rows: unknown[][],
): void {
  const size = shape[level] ?? 0;
  if (!Array.isArray(value) || value.length !== size) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : "no list";
    throw invalidField(
      field,
      `is nested otherwise than its shape ${shapeText(shape)}: at depth ${level + 1} there is ${found}, not a list of ${size}; nest it like the shape or send one flat list`,
    );
  }
  if (level === shape.length - 1) {
    rows.push(value);
    return;
  }
  for (const item of value) rowsOf(item, shape, level + 1, field, rows);
}

/**
 * Elements from JSON data, either one flat list or lists nested like the shape. Whole numbers beyond 2^53 are bigints or digits as text.
 * @throws AppError `invalid` that names the field for another count, nesting, kind or size than the tensor's.
 */
export function dataFromJson(
  datatype: Datatype,
  shape: readonly number[],
  json: unknown,
  field: string,
): TensorData {
  const count = elementCount(shape);
  const rows: unknown[][] = [];
  if (shape.length === 0 && !Array.isArray(json)) rows.push([json]);
  else if (!Array.isArray(json)) throw invalidField(field, "must be a list");
  else if (shape.length > 1 && Array.isArray(json[0])) rowsOf(json, shape, 0, field, rows);
  else if (json.length === count) rows.push(json);
  else
    throw invalidField(
      field,
      `holds ${json.length} elements; the shape ${shapeText(shape)} asks for ${count}`,
    );
  const [data, put] = putOf(datatype, count, field);
  let index = 0;
  for (const row of rows)
    for (const value of row) {
      if (Array.isArray(value))
        throw invalidField(field, `is nested deeper than its shape ${shapeText(shape)}`);
      put(value, index);
      index += 1;
    }
  return data;
}
