import { z } from "zod";

/** What is kept of a version's trial, and of which bytes and which request it speaks. */
export const StoredTrial = z.object({
  weightsDigest: z.string().nullable(),
  /** The runtime that tried it; another one has to try again. */
  runtime: z.string(),
  /** Digest of contract bounds and example: another request is another trial. */
  requestDigest: z.string(),
  state: z.enum(["answered", "refused", "not_served"]),
  message: z.string(),
  latencyMs: z.number().nullable(),
});
export type StoredTrial = z.infer<typeof StoredTrial>;
