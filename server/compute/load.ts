import { and, desc, eq } from "drizzle-orm";
import { jobAttempts, jobs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { JobSpec, JobState } from "./schemas";

export type JobRow = typeof jobs.$inferSelect;
export type AttemptRow = typeof jobAttempts.$inferSelect;
export interface Job extends Omit<JobRow, "spec" | "state"> {
  spec: JobSpec;
  state: JobState;
}

export const toJob = (row: JobRow): Job => ({
  ...row,
  spec: JobSpec.parse(row.spec),
  state: JobState.parse(row.state),
});

/** A job of the caller's team. @throws AppError `not_found` */
export async function jobOf(ctx: Ctx, id: string): Promise<Job> {
  const [row] = await ctx.db
    .select()
    .from(jobs)
    .where(and(eq(jobs.id, id), eq(jobs.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("job", id);
  return toJob(row);
}

/** Its attempts, newest first. */
export const attemptsOf = (ctx: Ctx, jobId: string): Promise<AttemptRow[]> =>
  ctx.db.select().from(jobAttempts).where(eq(jobAttempts.jobId, jobId)).orderBy(desc(jobAttempts.number));
