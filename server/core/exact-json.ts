import { parse, stringify } from "lossless-json";

/** A whole number of 16 digits or more, which a double may not hold; digits after a point are none. Also true within a text, which costs time only. */
const LONG_INTEGER = /(?<![.\d])\d{16}/;
const WHOLE = /^-?\d+$/;

function numberOf(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !WHOLE.test(text) ? number : BigInt(text);
}

/**
 * JSON in which whole numbers that a double cannot hold are bigints; everything else is what JSON.parse gives. Text without such numbers is
 * read by JSON.parse itself.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  return parse(text, undefined, { parseNumber: numberOf, onDuplicateKey: ({ newValue }) => newValue });
}

class HasBigint extends Error {}

/** A value that was read so as JSON again: bigints in their own digits. `replace` is that of JSON.stringify, and may not depend on `this`. */
export function exactJsonText(value: unknown, replace = (_key: string, item: unknown) => item): string {
  try {
    const plain = (key: string, item: unknown) => {
      if (typeof item === "bigint") throw new HasBigint();
      return replace(key, item);
    };
    return JSON.stringify(value, plain) ?? "null";
  } catch (error) {
    if (!(error instanceof HasBigint)) throw error;
    return stringify(value, replace) ?? "null";
  }
}
