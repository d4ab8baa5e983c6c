import { and, eq, isNull, inArray, ne, notInArray } from "drizzle-orm";
import { reviews } from "@/db/schema";
import { SERVICE_EMAIL } from "@/server/auth/rules";
import { members, people } from "@/server/identity";
import { clip } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import type { SubjectRef } from "../attestations/attest";
import { addWorkingDays, changedDigests } from "../rules";
import { talliesOf } from "../gates/tallies";
import { approvalKey } from "./approval-key";
import { reviewsOfSubject, type ReviewRow } from "./load";
import { voidOne } from "./void-reviews";
import { topicsOfThing } from "@/server/plates/kinds";
import { reviewHref, reviewTopic, reviewsTopic } from "../kinds";

export const DEFAULT_DUE_WORKING_DAYS = 2;

export interface RequestReviewInput {
  subject: SubjectRef;
  environment: string;
  /** Why it should be approved, in the requester's words. */
  rationale: string;
  /** The approval will hold for exactly these. */
  digests: Record<string, string>;
  /** Author, last editors, uploader; the requester is always added. */
  excludedIds: readonly string[];
  title?: string;
  dueAt?: Date;
}

export interface RequestedReview {
  reviewId: string;
  state: string;
  /** False when the same request was open or approved already. */
  created: boolean;
}

/** People of the team who may decide: reviewers and admins who had no hand in it. */
export async function eligibleReviewers(ctx: Ctx, excludedIds: readonly string[]): Promise<string[]> {
  const rows = await ctx.db
    .select({ id: people.id })
    .from(members)
    .innerJoin(people, eq(people.id, members.userId))
    .where(
      and(
        eq(members.teamId, ctx.actor.teamId),
        inArray(members.role, ["reviewer", "admin"]),
        isNull(people.disabledAt),
        ne(people.email, SERVICE_EMAIL),
        excludedIds.length > 0 ? notInArray(people.id, [...excludedIds]) : undefined,
      ),
    );
  return rows.map((row) => row.id);
}

/**
 * Opens a review of a subject for an environment and tells those who may decide. A request for the same digests that is open or
 * approved is returned, unless a former key signed the approval; an open or approved one for other digests becomes void, and the new one
 * stands alone.
 * @throws AppError `invalid` without a rationale.
 */
export async function requestReview(ctx: Ctx, input: RequestReviewInput): Promise<RequestedReview> {
  if (input.rationale.trim() === "") throw invalidField("rationale", "say why it should be approved");
  return inTransaction(ctx, async (tx) => {
    const same = await settleEarlier(tx, input);
    if (same) return { reviewId: same.id, state: same.state, created: false };
    const row = await insertReview(tx, input);
    await announce(tx, row);
    return { reviewId: row.id, state: row.state, created: true };
  });
}

async function settleEarlier(tx: Ctx, input: RequestReviewInput): Promise<ReviewRow | undefined> {
  const { subject, environment } = input;
  const earlier = await reviewsOfSubject(tx, {
    subjectKind: subject.kind,
    subjectId: subject.id,
    environment,
  });
  const standing = earlier.filter((row) => row.state === "open" || row.state === "approved");
  const isSame = (row: ReviewRow) => changedDigests(row.boundDigests, input.digests).length === 0;
  for (const row of standing) {
    if (isSame(row)) continue;
    await voidOne(tx, row, input.digests, "A new review was requested.");
  }
  const [same] = standing.filter(isSame);
  // An approval that a former key signed stands, but another may be asked for: once that key is revoked it is needed.
  const renew = same?.state === "approved" && (await approvalKey(tx, same.id)) !== "current";
  return renew ? undefined : same;
}

async function insertReview(tx: Ctx, input: RequestReviewInput): Promise<ReviewRow> {
  const { subject, environment } = input;
  const requestedBy = tx.actor.userId;
  const [row] = await tx.db
    .insert(reviews)
    .values({
      id: newId("review"),
      teamId: tx.actor.teamId,
      subjectKind: subject.kind,
      subjectId: subject.id,
      subjectDigest: subject.digest,
      subjectName: subject.name,
      title: input.title ?? `${subject.name} to ${environment}`,
      boundDigests: input.digests,
      environment,
      rationale: input.rationale.trim(),
      requestedBy,
      excludedIds: [...new Set([requestedBy, ...input.excludedIds])],
      dueAt: input.dueAt ?? addWorkingDays(tx.now(), DEFAULT_DUE_WORKING_DAYS),
      createdAt: tx.now(),
    })
    .returning();
  if (!row) throw new Error("the review was not stored");
  return row;
}

async function announce(tx: Ctx, row: ReviewRow): Promise<void> {
  const gates = (await talliesOf(tx, row.subjectKind, [row.subjectId])).get(row.subjectId);
  await notify(tx, {
    userIds: await eligibleReviewers(tx, row.excludedIds),
    dedupKey: `review-requested:${row.id}`,
    kind: "review",
    title: `Review requested: ${row.title}`,
    body: `${gates ? `Gates: ${gates}. ` : ""}${clip(row.rationale, 300)}`,
    href: reviewHref(row.id),
    reason: "You review for this team",
    subject: { kind: "review", id: row.id },
  });
  await emit(tx, { type: "governance.review_requested", payload: { reviewId: row.id } });
  await notifyLive(
    tx.db,
    tx.actor.teamId,
    reviewsTopic,
    reviewTopic(row.id),
    ...topicsOfThing(row.subjectKind, row.subjectId),
  );
  await audit(tx, {
    action: "governance.review.request",
    subject: { kind: "review", id: row.id, label: row.title },
    after: { environment: row.environment, boundDigests: row.boundDigests, excludedIds: row.excludedIds },
    reason: row.rationale,
  });
}
