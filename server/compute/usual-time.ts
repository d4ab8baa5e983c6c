import { and, desc, eq, isNotNull } from "drizzle-orm";
import { jobs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import type { Job } from "./load";

const LOOKED_AT = 20;

/** How long jobs of one template usually take in this team: the median of the last ones that succeeded; null for a command, or before the first. */
export async function usualTimeOf(ctx: Ctx, job: Job): Promise<{ medianMs: number; jobs: number } | null> {
  if (job.template === null) return null;
  const rows = await ctx.db
    .select({ startedAt: jobs.startedAt, finishedAt: jobs.finishedAt })
    .from(jobs)
    .where(
      and(
        eq(jobs.teamId, ctx.actor.teamId),
        eq(jobs.state, "succeeded"),
        eq(jobs.template, job.template),
        isNotNull(jobs.startedAt),
        isNotNull(jobs.finishedAt),
      ),
    )
    .orderBy(desc(jobs.createdAt))
    .limit(LOOKED_AT);
  const lengths = rows
    .flatMap(({ startedAt, finishedAt }) =>
      startedAt && finishedAt ? [finishedAt.getTime() - startedAt.getTime()] : [],
    )
    .toSorted((a, b) => a - b);
  const median = lengths[Math.floor((lengths.length - 1) / 2)];
  return median === undefined ? null : { medianMs: median, jobs: lengths.length };
}
