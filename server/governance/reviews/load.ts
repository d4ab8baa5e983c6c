import { and, desc, eq } from "drizzle-orm";
import { reviews } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";

export type ReviewRow = typeof reviews.$inferSelect;

/** Loads within the caller's team. @throws AppError `not_found` */
export async function loadReview(ctx: Ctx, id: string, options: { lock?: boolean } = {}): Promise<ReviewRow> {
  const found = ctx.db
    .select()
    .from(reviews)
    .where(and(eq(reviews.id, id), eq(reviews.teamId, ctx.actor.teamId)));
  const [row] = await (options.lock ? found.for("update") : found);
  if (!row) throw notFound("review", id);
  return row;
}

/** Reviews of a subject in the caller's team, newest first. */
export const reviewsOfSubject = (
  ctx: Ctx,
  subject: { subjectKind: string; subjectId: string; environment?: string },
): Promise<ReviewRow[]> =>
  ctx.db
    .select()
    .from(reviews)
    .where(
      and(
        eq(reviews.teamId, ctx.actor.teamId),
        eq(reviews.subjectKind, subject.subjectKind),
        eq(reviews.subjectId, subject.subjectId),
        subject.environment === undefined ? undefined : eq(reviews.environment, subject.environment),
      ),
    )
    .orderBy(desc(reviews.createdAt), desc(reviews.id));
