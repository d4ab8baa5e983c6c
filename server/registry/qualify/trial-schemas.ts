import { z } from "zod";
import { Reported } from "@/server/adapters/external-endpoint/schemas";

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
  /** Of a model that runs elsewhere: what the far end said of it, and since when that counts. */
  reported: Reported.nullish(),
});
export type StoredTrial = z.infer<typeof StoredTrial>;

/** What the far end said of a version's model at its trial. */
export const trialReport = (evidence: Record<string, unknown>): Reported | undefined =>
  StoredTrial.safeParse(evidence.trial).data?.reported ?? undefined;
