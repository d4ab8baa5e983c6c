import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { reviewDecisions, reviews } from "@/db/schema";
import { clip } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, forbidden, invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction, mutation } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { attest } from "../attestations/attest";
import { latestGates } from "../gates/queries";
import {
  bindingDigests,
  changedDigests,
  changeInWords,
  reasonRequired,
  STATE_AFTER,
  whyNotDecide,
  type ReviewDecision,
} from "../rules";
import { DecideReviewInput } from "../schemas";
import { PREDICATE_TYPES } from "../trust";
import { addComment } from "./comment-on-review";
import { loadReview, type ReviewRow } from "./load";
import { requireResolver } from "./subjects";
import { topicsOfThing } from "@/server/plates/kinds";
import { voidOne } from "./void-reviews";
import { reviewHref, reviewTopic, reviewsTopic } from "../kinds";

type Input = z.output<typeof DecideReviewInput>;
type Deciding = Exclude<ReviewDecision, "comment">;

export interface DecidedReview {
  reviewId: string;
  state: string;
  decisionId: string;
  attestationId: string | null;
}

const ALL_GREEN = "All checks passed.";

function refuse(ctx: Ctx, review: ReviewRow): void {
  const why = whyNotDecide(review, ctx.actor);
  if (why === undefined) return;
  if (review.state !== "open" && whyNotDecide({ ...review, state: "open" }, ctx.actor) === undefined) {
    throw conflict(why, review.stateReason || "Read the decision; your reason is kept here.", {
      state: review.state,
    });
  }
  throw forbidden(why, "Ask another reviewer of the team.");
}

async function checkReason(tx: Ctx, review: ReviewRow, input: Input): Promise<string> {
  if (input.reason !== "") return input.reason;
  const gates = await latestGates(tx, review.subjectKind, review.subjectId, review.subjectDigest);
  if (!reasonRequired(input.decision, gates?.outcome ?? null)) return ALL_GREEN;
  throw invalidField(
    "reason",
    input.decision === "approve"
      ? "not every check passed, so say why you approve"
      : "say why, so that the requester can act on it",
  );
}

async function recordDecision(tx: Ctx, review: ReviewRow, decision: Deciding, reason: string) {
  const role = tx.actor.role ?? "";
  const decisionId = newId("review");
  const { attestationId } = await attest(tx, {
    subject: {
      kind: review.subjectKind,
      id: review.subjectId,
      digest: review.subjectDigest,
      name: review.subjectName,
    },
    predicateType: PREDICATE_TYPES.humanReview,
    predicate: {
      reviewId: review.id,
      environment: review.environment,
      decision,
      reason,
      reviewer: {
        id: tx.actor.userId,
        role,
        actedBy: tx.actor.tokenId ? "api-token" : "person",
        ...(tx.actor.tokenId ? { tokenId: tx.actor.tokenId } : {}),
      },
      evidence: Object.entries(review.boundDigests).map(([name, digest]) => ({
        name,
        digest: { sha256: digest.replace(/^sha256:/, "") },
      })),
      reviewedOn: tx.now().toISOString(),
    },
    label: "review",
    result: decision,
    dedupKey: `review:${review.id}`,
  });
  await tx.db.insert(reviewDecisions).values({
    id: decisionId,
    reviewId: review.id,
    reviewerId: tx.actor.userId,
    actorKind: tx.actor.kind,
    tokenId: tx.actor.tokenId ?? null,
    reviewerRole: role,
    decision,
    reason,
    boundDigests: review.boundDigests,
    attestationId,
    createdAt: tx.now(),
  });
  return { decisionId, attestationId };
}

const DECISION_WORDS: Record<Deciding, string> = {
  approve: "Approved",
  request_changes: "Changes requested",
  reject: "Rejected",
};

async function decideNow(tx: Ctx, review: ReviewRow, input: Input): Promise<DecidedReview> {
  const decision = input.decision as Deciding;
  const reason = await checkReason(tx, review, input);
  const recorded = await recordDecision(tx, review, decision, reason);
  const state = STATE_AFTER[decision];
  const [done] = await tx.db
    .update(reviews)
    .set({
      state,
      stateReason: reason,
      decidedAt: tx.now(),
      firstTouchedAt: review.firstTouchedAt ?? tx.now(),
      assigneeId: review.assigneeId ?? tx.actor.userId,
    })
    .where(and(eq(reviews.id, review.id), eq(reviews.state, "open")))
    .returning({ id: reviews.id });
  if (!done)
    throw conflict("Someone else decided this review first.", "Read the decision; your reason is kept.");
  await notify(tx, {
    userIds: [review.requestedBy],
    dedupKey: `review-decided:${review.id}`,
    kind: "review",
    title: `${DECISION_WORDS[decision]}: ${review.title}`,
    body: clip(reason, 300),
    href: reviewHref(review.id),
    reason: "You asked for this review",
    subject: { kind: "review", id: review.id },
  });
  await emit(tx, { type: "governance.review_decided", payload: { reviewId: review.id, decision } });
  await notifyLive(
    tx.db,
    tx.actor.teamId,
    reviewsTopic,
    reviewTopic(review.id),
    ...topicsOfThing(review.subjectKind, review.subjectId),
  );
  await audit(tx, {
    action: "governance.review.decide",
    subject: { kind: "review", id: review.id, label: review.title },
    before: { state: "open" },
    after: {
      state,
      decision,
      by: tx.actor.tokenId ? "API token" : "person",
      ...recorded,
      boundDigests: review.boundDigests,
    },
    reason,
  });
  return { reviewId: review.id, state, ...recorded };
}

type Attempt = { done: DecidedReview } | { voided: string };

async function attempt(tx: Ctx, input: Input): Promise<Attempt> {
  const seen = await loadReview(tx, input.reviewId);
  refuse(tx, seen);
  // The subject is locked before the review: the order in which its own edits lock them.
  const current = bindingDigests(
    seen.environment,
    await requireResolver(seen.subjectKind).currentDigests(tx, seen.subjectId),
  );
  const review = await loadReview(tx, input.reviewId, { lock: true });
  refuse(tx, review);
  const changed = changedDigests(review.boundDigests, current);
  if (changed.length > 0) {
    await voidOne(tx, review, current, "It was noticed when the review was about to be decided.");
    return { voided: changeInWords(changed) };
  }
  if (input.seenDigests && changedDigests(review.boundDigests, input.seenDigests).length > 0) {
    throw conflict("You looked at an older state of this review.", "Reload; your reason is kept.");
  }
  return { done: await decideNow(tx, review, input) };
}

/**
 * Decides a review. Four eyes: never the requester, author, last editor, a job or a token without the scope `review`. Bound to digests: they are read again under
 * lock, and when one changed the review becomes void and the call is a conflict. The decision is itself attested.
 */
export const decideReview = mutation(
  {
    name: "governance.review.decide",
    permission: "governance.review.decide",
    input: DecideReviewInput,
    summary: "Approve, request changes, reject or comment",
    // Opens its own transaction, because finding a review void must be kept although the decision is refused.
    transactional: false,
  },
  async ({ ctx, input }): Promise<DecidedReview> => {
    if (input.decision === "comment") {
      const comment = await inTransaction(ctx, (tx) => addComment(tx, input.reviewId, input.reason));
      return { ...comment, attestationId: null };
    }
    const result = await inTransaction(ctx, (tx) => attempt(tx, input));
    if ("done" in result) return result.done;
    throw conflict(
      `This review is no longer valid: ${result.voided}.`,
      "Ask the requester for a new review; your reason is kept.",
      { state: "void" },
    );
  },
);
