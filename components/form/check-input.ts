import type { z } from "zod";
import { speakInWords } from "@/server/core/input-words";

/** Checks by a schema. What is wrong is told in the words in which the server tells it, not in the library's. */
export function checkInput<O, I>(schema: z.ZodType<O, I>, input: unknown): z.ZodSafeParseResult<O> {
  speakInWords();
  return schema.safeParse(input);
}
