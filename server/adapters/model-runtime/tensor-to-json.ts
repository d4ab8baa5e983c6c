import { floatOf } from "./floats";
import type { Tensor, TensorData } from "./port";

/** An element as JSON holds it. */
export type JsonElement = number | string | boolean | null | { b64: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a BYTES element; undefined when its bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function jsonFloat(value: number): number | string | null {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? null : String(value);
}

function jsonElement(tensor: Tensor, element: TensorData[number] | undefined): JsonElement {
  if (element === undefined) return null;
  if (typeof element === "bigint") {
    const number = Number(element);
    return Number.isSafeInteger(number) ? number : String(element);
  }
  if (typeof element === "number")
    return tensor.datatype === "BOOL" ? element === 1 : jsonFloat(floatOf(tensor.datatype, element));
  return textOf(element) ?? { b64: Buffer.from(element).toString("base64") };
}

/**
 * The elements as JSON keeps them, in the form in which predictions are stored: numbers; whole numbers beyond 2^53 as digits in a text;
 * NaN as null; "Infinity" and "-Infinity"; booleans; texts; and bytes that are no text as `{"b64": …}`.
 */
export function jsonElements(tensor: Tensor): JsonElement[] {
  const elements: JsonElement[] = [];
  for (const element of tensor.data) elements.push(jsonElement(tensor, element));
  return elements;
}

/** A tensor in the form in which predictions are stored. */
export const storedTensor = (tensor: Tensor) => ({
  name: tensor.name,
  datatype: tensor.datatype,
  shape: tensor.shape,
  data: jsonElements(tensor),
});
