import { invalidField } from "@/server/core/errors";
import { fromBrain, fromHalf, toBrain, toHalf } from "./half";
import type { Datatype, TensorData } from "./port";

export type FloatDatatype = "FP16" | "BF16" | "FP32" | "FP64";
export type FloatData = Uint16Array | Float32Array | Float64Array;

export const isFloat = (datatype: Datatype): datatype is FloatDatatype =>
  datatype === "FP32" || datatype === "FP64" || datatype === "FP16" || datatype === "BF16";

export function floatZeros(datatype: FloatDatatype, count: number): FloatData {
  if (datatype === "FP32") return new Float32Array(count);
  return datatype === "FP64" ? new Float64Array(count) : new Uint16Array(count);
}

/** An element of a float tensor as a number. */
export function floatOf(datatype: Datatype, element: number): number {
  if (datatype === "FP16") return fromHalf(element);
  return datatype === "BF16" ? fromBrain(element) : element;
}

/** Writes a number as an element, rounded to the nearest that the datatype has. Returns false when a finite number became infinite. */
export function putFloat(datatype: FloatDatatype, data: FloatData, index: number, value: number): boolean {
  if (datatype === "FP16") data[index] = toHalf(value);
  else if (datatype === "BF16") data[index] = toBrain(value);
  else data[index] = value;
  return Number.isFinite(floatOf(datatype, data[index] ?? 0)) || !Number.isFinite(value);
}

/**
 * Float elements in another float datatype, rounded to the nearest.
 * @throws AppError `invalid` that names the field for a number beyond the wanted datatype.
 */
export function convertFloats(
  from: FloatDatatype,
  data: TensorData,
  to: FloatDatatype,
  field: string,
): FloatData {
  const converted = floatZeros(to, data.length);
  for (let index = 0; index < data.length; index += 1) {
    const value = floatOf(from, Number(data[index]));
    if (!putFloat(to, converted, index, value))
      throw invalidField(field, `holds ${value}, which is beyond ${to}`);
  }
  return converted;
}
