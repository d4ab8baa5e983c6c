import { floatOf } from "./floats";
import type { Tensor, TensorData } from "./port";
import { isTexts } from "./tensor";

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

/** One element as JSON keeps it. */
export const jsonElementAt = (tensor: Tensor, index: number): JsonElement =>
  jsonElement(tensor, tensor.data[index]);

/**
 * The elements as JSON keeps them, in the form in which predictions are stored: numbers; whole numbers beyond 2^53 as digits in a text;
 * NaN as null; "Infinity" and "-Infinity"; booleans; texts; and bytes that are no text as `{"b64": …}`.
 */
export function jsonElements(tensor: Tensor): JsonElement[] {
  const elements: JsonElement[] = [];
  for (const element of tensor.data) elements.push(jsonElement(tensor, element));
  return elements;
}

const isNegativeZero = (element: JsonElement) => Object.is(element, -0);

/** With a point, because Python reads "-0" as a whole number, which has no sign. */
const elementText = (element: JsonElement) => (isNegativeZero(element) ? "-0.0" : JSON.stringify(element));

/** The elements as a JSON list; whole numbers in their own digits, however large. Undefined for bytes that are no text. */
export function jsonListText(tensor: Tensor): string | undefined {
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return `[${data.join(",")}]`;
  const elements = jsonElements(tensor);
  if (isTexts(data) && elements.some((element) => typeof element === "object")) return undefined;
  if (elements.some(isNegativeZero)) return `[${elements.map(elementText).join(",")}]`;
  return JSON.stringify(elements);
}
