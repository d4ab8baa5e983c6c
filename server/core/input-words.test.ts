import { expect, test } from "vitest";
import { z } from "zod";
import { isAppError } from "./errors";
import { parseInput } from "./verb";

const Input = z.object({
  name: z.string().min(1).max(3),
  count: z.number().int().min(2).max(9),
  mode: z.enum(["fast", "slow"]).optional(),
  list: z.array(z.string()).min(1).max(2).optional(),
  own: z.string().min(4, "says why").optional(),
  address: z.url().optional(),
  either: z.union([z.string(), z.number()]).optional(),
});

const good = { name: "a", count: 3 };

test.each([
  [{ count: 3 }, "name", "is needed"],
  [{ ...good, name: 7 }, "name", "is text"],
  [{ ...good, count: null }, "count", "is needed"],
  [{ ...good, name: "" }, "name", "is empty"],
  [{ ...good, name: "abcd" }, "name", "has at most 3 characters"],
  [{ ...good, count: 1.5 }, "count", "is a whole number"],
  [{ ...good, count: 1 }, "count", "is at least 2"],
  [{ ...good, count: 2n ** 60n }, "count", "is at most 9007199254740991"],
  [{ ...good, count: 10 }, "count", "is at most 9"],
  [{ ...good, mode: "x" }, "mode", "is one of fast, slow"],
  [{ ...good, list: [] }, "list", "holds nothing"],
  [{ ...good, list: ["a", "b", "c"] }, "list", "has at most 2 entries"],
  [{ ...good, own: "x" }, "own", "says why"],
  [{ ...good, address: "x" }, "address", "is no valid url"],
  [{ ...good, either: true }, "either", "has none of the forms that fit here"],
])("%# %o says what is wrong in words", (input, field, words) => {
  let seen: unknown;
  try {
    parseInput(Input, input);
  } catch (error) {
    seen = isAppError(error) ? error.details?.fields?.[field] : error;
  }
  expect(seen).toBe(words);
});
