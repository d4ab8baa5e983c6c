import { z } from "zod";
import { Reported } from "@/server/adapters/external-endpoint/schemas";
import { Signature } from "../contract/schemas";

/** What is kept of a version's trial, and of which bytes and which request it speaks. */
export const StoredTrial = z.object({
  weightsDigest: z.string().nullable(),
  /** The runtime that tried it; another one has to try again. */
  runtime: z.string(),
  /** Digest of contract bounds and example: another request is another trial. */
  requestDigest: z.string(),
  /** `awaits_review`: it runs its own code, which nobody admitted yet. `no_environment`: its packages could not be installed. */
  state: z.enum(["answered", "refused", "not_served", "awaits_review", "no_environment"]),
  message: z.string(),
  latencyMs: z.number().nullable(),
  /** Of a version that is served by Python: its packages, locked when it was first tried. Gateways install exactly these. */
  environment: z.object({ lock: z.string(), python: z.string() }).optional(),
  /** As the runtime found it, where that is the only one who knows. */
  signature: Signature.optional(),
  /** Of a model that runs elsewhere: what the far end said of it, and since when that counts. */
  reported: Reported.nullish(),
});
export type StoredTrial = z.infer<typeof StoredTrial>;

/** What the far end said of a version's model at its trial. */
export const trialReport = (evidence: Record<string, unknown>): Reported | undefined =>
  StoredTrial.safeParse(evidence.trial).data?.reported ?? undefined;
