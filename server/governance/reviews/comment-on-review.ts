import { and, eq, isNull } from "drizzle-orm";
import { reviewDecisions, reviews } from "@/db/schema";
import { clip } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { forbidden, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { whyNotDecide } from "../rules";
import { CommentOnReviewInput } from "../schemas";
import { loadReview, type ReviewRow } from "./load";
import { reviewHref, reviewTopic } from "../kinds";

/** Notes the moment when someone who may decide first looked at a review. */
export async function touch(tx: Ctx, review: ReviewRow): Promise<boolean> {
  if (review.firstTouchedAt !== null || whyNotDecide(review, tx.actor) !== undefined) return false;
  const [row] = await tx.db
    .update(reviews)
    .set({ firstTouchedAt: tx.now() })
    .where(and(eq(reviews.id, review.id), isNull(reviews.firstTouchedAt)))
    .returning({ id: reviews.id });
  return row !== undefined;
}

/** Adds to the thread, and tells the others who take part. */
export async function addComment(tx: Ctx, reviewId: string, text: string) {
  if (tx.actor.kind === "system" || tx.actor.jobId) throw forbidden("Only a person can comment.");
  if (text === "") throw invalidField("reason", "write something first");
  const review = await loadReview(tx, reviewId);
  const decisionId = newId("review");
  await tx.db.insert(reviewDecisions).values({
    id: decisionId,
    reviewId,
    reviewerId: tx.actor.userId,
    actorKind: tx.actor.kind,
    tokenId: tx.actor.tokenId ?? null,
    reviewerRole: tx.actor.role ?? "",
    decision: "comment",
    reason: text,
    boundDigests: review.boundDigests,
    createdAt: tx.now(),
  });
  await touch(tx, review);
  const spoken = await tx.db
    .selectDistinct({ id: reviewDecisions.reviewerId })
    .from(reviewDecisions)
    .where(eq(reviewDecisions.reviewId, reviewId));
  const people = [review.requestedBy, review.assigneeId, ...spoken.map(({ id }) => id)];
  await notify(tx, {
    userIds: people.flatMap((id) => (id === null || id === tx.actor.userId ? [] : [id])),
    dedupKey: `review-comment:${decisionId}`,
    kind: "review",
    title: `${tx.actor.name} commented on ${review.title}`,
    body: clip(text, 300),
    href: reviewHref(reviewId),
    reason: "You take part in this review",
    subject: { kind: "review", id: reviewId },
  });
  await notifyLive(tx.db, tx.actor.teamId, reviewTopic(reviewId));
  await audit(tx, {
    action: "governance.review.comment",
    subject: { kind: "review", id: reviewId, label: review.title },
    after: { decisionId },
  });
  return { reviewId, state: review.state, decisionId };
}

export const commentOnReview = mutation(
  {
    name: "governance.review.comment",
    permission: "governance.review.comment",
    input: CommentOnReviewInput,
    summary: "Comment on a review",
  },
  ({ ctx, input }) => addComment(ctx, input.reviewId, input.text),
);
