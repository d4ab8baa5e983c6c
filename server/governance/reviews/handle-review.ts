import { and, eq } from "drizzle-orm";
import { reviews } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, forbidden } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { whyNotDecide } from "../rules";
import { AssignReviewInput, ReviewIdInput, WithdrawReviewInput } from "../schemas";
import { touch } from "./comment-on-review";
import { loadReview } from "./load";
import { topicsOfThing } from "@/server/plates/kinds";
import { reviewTopic, reviewsTopic } from "../kinds";

export const assignReview = mutation(
  {
    name: "governance.review.assign",
    permission: "governance.review.decide",
    input: AssignReviewInput,
    summary: "Take a review, or give it back",
  },
  async ({ ctx, input }) => {
    const review = await loadReview(ctx, input.reviewId, { lock: true });
    const why = whyNotDecide(review, ctx.actor);
    if (why !== undefined) {
      throw review.state === "open" ? forbidden(why, "Ask another reviewer of the team.") : conflict(why);
    }
    const assigneeId = input.to === "me" ? ctx.actor.userId : null;
    await ctx.db.update(reviews).set({ assigneeId }).where(eq(reviews.id, review.id));
    await touch(ctx, review);
    await audit(ctx, {
      action: "governance.review.assign",
      subject: { kind: "review", id: review.id, label: review.title },
      before: { assigneeId: review.assigneeId },
      after: { assigneeId },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, reviewsTopic, reviewTopic(review.id));
    return { reviewId: review.id, assigneeId };
  },
);

export const touchReview = mutation(
  {
    name: "governance.review.touch",
    permission: "governance.review.decide",
    input: ReviewIdInput,
    summary: "Note that a reviewer has opened a review",
    audit: "none: reading is no decision; the time serves the factory's own numbers",
  },
  async ({ ctx, input }) => ({ touched: await touch(ctx, await loadReview(ctx, input.reviewId)) }),
);

export const withdrawReview = mutation(
  {
    name: "governance.review.withdraw",
    permission: "governance.review.request",
    input: WithdrawReviewInput,
    summary: "Withdraw a request for review",
  },
  async ({ ctx, input }) => {
    const review = await loadReview(ctx, input.reviewId, { lock: true });
    if (review.requestedBy !== ctx.actor.userId && ctx.actor.role !== "admin") {
      throw forbidden("Only who asked for a review, or a team admin, can withdraw it.");
    }
    const [row] = await ctx.db
      .update(reviews)
      .set({ state: "withdrawn", stateReason: input.reason, decidedAt: ctx.now() })
      .where(and(eq(reviews.id, review.id), eq(reviews.state, "open")))
      .returning({ id: reviews.id });
    if (!row) {
      throw conflict(`This review is ${review.state.replaceAll("_", " ")} already.`, undefined, {
        state: review.state,
      });
    }
    await audit(ctx, {
      action: "governance.review.withdraw",
      subject: { kind: "review", id: review.id, label: review.title },
      before: { state: "open" },
      after: { state: "withdrawn" },
      reason: input.reason,
    });
    await notifyLive(
      ctx.db,
      ctx.actor.teamId,
      reviewsTopic,
      reviewTopic(review.id),
      ...topicsOfThing(review.subjectKind, review.subjectId),
    );
    return { reviewId: review.id, state: "withdrawn" };
  },
);
