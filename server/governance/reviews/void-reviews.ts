import { and, asc, eq, inArray, ne } from "drizzle-orm";
import { reviewDecisions, reviews } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { bindingDigests, changedDigests, changeInWords } from "../rules";
import { reviewsOfSubject, type ReviewRow } from "./load";
import { topicsOfThing } from "@/server/plates/kinds";
import { reviewHref, reviewTopic, reviewsTopic } from "../kinds";

export interface VoidReviewsInput {
  subjectKind: string;
  subjectId: string;
  currentDigests: Record<string, string>;
  /** What happened, such as "Ada edited the model card". */
  reason: string;
}

/**
 * Ends one open or approved review because what it was bound to changed, or has gone (null). False when someone else ended it first.
 */
export async function voidOne(
  tx: Ctx,
  row: ReviewRow,
  currentDigests: Record<string, string> | null,
  reason: string,
): Promise<boolean> {
  const changed = currentDigests ? changedDigests(row.boundDigests, currentDigests) : [];
  const words = changeInWords(changed);
  const stateReason = currentDigests
    ? `${words.charAt(0).toUpperCase()}${words.slice(1)}. ${reason}`.trim()
    : reason;
  const [voided] = await tx.db
    .update(reviews)
    .set({ state: "void", stateReason, decidedAt: row.decidedAt ?? tx.now() })
    .where(and(eq(reviews.id, row.id), inArray(reviews.state, ["open", "approved"])))
    .returning({ id: reviews.id });
  if (!voided) return false;
  const deciders = await tx.db
    .select({ id: reviewDecisions.reviewerId })
    .from(reviewDecisions)
    .where(and(eq(reviewDecisions.reviewId, row.id), ne(reviewDecisions.decision, "comment")));
  const people = [row.requestedBy, row.assigneeId, ...deciders.map(({ id }) => id)];
  await notify(tx, {
    userIds: people.flatMap((id) => (id === null ? [] : [id])),
    dedupKey: `review-voided:${row.id}`,
    kind: "review",
    title: `No longer valid: ${row.title}`,
    body: stateReason,
    href: reviewHref(row.id),
    reason: "You took part in this review",
    subject: { kind: "review", id: row.id },
  });
  await emit(tx, { type: "governance.review_voided", payload: { reviewId: row.id, reason: stateReason } });
  await notifyLive(
    tx.db,
    tx.actor.teamId,
    reviewsTopic,
    reviewTopic(row.id),
    ...topicsOfThing(row.subjectKind, row.subjectId),
  );
  await audit(tx, {
    action: "governance.review.void",
    subject: { kind: "review", id: row.id, label: row.title },
    before: { state: row.state, boundDigests: row.boundDigests },
    after: { state: "void", currentDigests, changed },
    reason: stateReason,
  });
  return true;
}

/**
 * Ends every open or approved review of a subject that is bound to other digests than the current ones, in the caller's
 * transaction; says which digest changed and tells those who took part.
 */
export async function voidReviews(ctx: Ctx, input: VoidReviewsInput): Promise<{ voided: string[] }> {
  return inTransaction(ctx, async (tx) => {
    const rows = await reviewsOfSubject(tx, input);
    const voided: string[] = [];
    for (const row of rows) {
      if (row.state !== "open" && row.state !== "approved") continue;
      const current = bindingDigests(row.environment, input.currentDigests);
      if (changedDigests(row.boundDigests, current).length === 0) continue;
      if (await voidOne(tx, row, current, input.reason)) voided.push(row.id);
    }
    return { voided };
  });
}

/** Ends every open or approved review of subjects that have gone, in the caller's transaction. */
export async function voidReviewsOfGone(
  ctx: Ctx,
  gone: { subjectKind: string; subjectIds: readonly string[]; reason: string },
): Promise<void> {
  const rows = await ctx.db
    .select()
    .from(reviews)
    .where(
      and(
        eq(reviews.teamId, ctx.actor.teamId),
        eq(reviews.subjectKind, gone.subjectKind),
        inArray(reviews.subjectId, [...gone.subjectIds]),
        inArray(reviews.state, ["open", "approved"]),
      ),
    )
    .orderBy(asc(reviews.id));
  for (const row of rows) await voidOne(ctx, row, null, gone.reason);
}
