/** A value of a feature in the form in which both sides are compared: a number, a category as text, or null where it is missing. */
export type FeatureValue = number | string | null;

/** Relative rounding of the datatypes that hold fewer digits than they are told. */
const ROUNDING: Record<string, number> = { FP32: 2 ** -24, FP16: 2 ** -11, BF16: 2 ** -8 };

/**
 * The shortest decimal that is this number in its datatype: 0.1 sent as FP32 comes back as 0.10000000149011612, and the table that the model
 * learned from says 0.1.
 */
export function plainNumber(value: number, datatype: string): number {
  const rounding = ROUNDING[datatype];
  if (rounding === undefined || value === 0 || !Number.isFinite(value)) return value;
  for (let digits = 1; digits <= 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    const same =
      datatype === "FP32"
        ? Math.fround(short) === Math.fround(value)
        : Math.abs(short - value) <= rounding * Math.abs(value);
    if (same) return short;
  }
  return value;
}

/** A number as people and tables write it; `007` and 30-digit codes are text. */
const PLAIN_NUMBER = /^-?(0|[1-9]\d{0,15})(\.\d+)?$/;

/** Under which name a value is counted: `true`, `True` and 1 are one category, as are `1.0` and 1. */
export function categoryOf(value: number | string | boolean): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "number") return String(value);
  const word = value.toLowerCase();
  if (word === "true" || word === "false") return word === "true" ? "1" : "0";
  if (!PLAIN_NUMBER.test(value)) return value;
  const number = Number(value);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? value : String(number);
}

export function valueOf(item: unknown, datatype: string): FeatureValue {
  if (typeof item === "number") return Number.isFinite(item) ? plainNumber(item, datatype) : null;
  if (typeof item === "boolean") return item ? 1 : 0;
  if (typeof item === "bigint") return Number(item);
  if (typeof item !== "string") return null;
  if (datatype === "BYTES") return item;
  // 64-bit integers that a double cannot hold are kept as digits; NaN and infinities as words.
  const number = Number(item);
  return Number.isFinite(number) ? number : null;
}
