import { and, eq } from "drizzle-orm";
import { attestations, reviewDecisions } from "@/db/schema";
import { keyRing } from "@/server/composition";
import type { Ctx } from "@/server/core/context";

/**
 * Whether the key that signed a review's approval signs now (`current`), was rotated (`retired`), or counts no more, so that the approval
 * does not either.
 */
export async function approvalKey(ctx: Ctx, reviewId: string): Promise<"current" | "retired" | "distrusted"> {
  const [row] = await ctx.db
    .select({ keyId: attestations.keyId })
    .from(reviewDecisions)
    .innerJoin(attestations, eq(attestations.id, reviewDecisions.attestationId))
    .where(and(eq(reviewDecisions.reviewId, reviewId), eq(reviewDecisions.decision, "approve")));
  const ring = await keyRing();
  if (!row || row.keyId === ring.attestation.keyId) return "current";
  return ring.former.some((key) => key.keyId === row.keyId && !key.revokedAt) ? "retired" : "distrusted";
}
