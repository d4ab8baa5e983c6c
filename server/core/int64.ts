/** A whole number of 64 bits: a number where a double holds it exactly, else a bigint. */
export type Int64 = number | bigint;

/** A number where that is exact. */
export const shortest = (value: bigint): Int64 => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** As the database tells it. */
export const int64Of = (digits: string | number | bigint): Int64 => shortest(BigInt(digits));

const CALENDAR_END_MS = 8_640_000_000_000_000;
/** Milliseconds as clients sent them as a moment for people; what lies beyond every calendar is its end. */
export const momentOf = (ms: Int64): Date =>
  new Date(Math.max(-CALENDAR_END_MS, Math.min(CALENDAR_END_MS, Number(ms))));
