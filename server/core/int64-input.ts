import { z } from "zod";
import { shortest, type Int64 } from "./int64";

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
const WORDS = "must be a whole number";
const RANGE = "must be a whole number of 64 bits";

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
