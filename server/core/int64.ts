import { z } from "zod";

/** A whole number of 64 bits: a number where a double holds it exactly, else a bigint. */
export type Int64 = number | bigint;

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
const WORDS = "must be a whole number";
const RANGE = "must be a whole number of 64 bits";

const shortest = (value: bigint): Int64 => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** As the database tells it. */
export const int64Of = (digits: string | number | bigint): Int64 => shortest(BigInt(digits));

const CALENDAR_END_MS = 8_640_000_000_000_000;
/** Milliseconds as clients sent them as a moment for people; what lies beyond every calendar is its end. */
export const momentOf = (ms: Int64): Date =>
  new Date(Math.max(-CALENDAR_END_MS, Math.min(CALENDAR_END_MS, Number(ms))));

/** As clients send it: a number, a bigint where JSON held more digits than a double holds, or digits. */
export const Int64Input = z
  .union([z.number(), z.bigint(), z.string().regex(/^-?\d{1,40}$/, WORDS)], WORDS)
  .transform((value, check): Int64 => {
    if (typeof value === "number" && !Number.isInteger(value)) check.addIssue(WORDS);
    else {
      const whole = BigInt(value);
      if (whole >= LEAST && whole <= MOST) return shortest(whole);
      check.addIssue(RANGE);
    }
    return z.NEVER;
  });
