import { eq } from "drizzle-orm";
import { issueJobToken } from "@/server/auth/job-tokens";
import type { Ctx } from "@/server/core/context";
import { people } from "@/server/identity";

/** Beyond its time limit a job also prepares and is collected. */
const MARGIN_MS = 2 * 3600_000;

/**
 * The token that a job acts with: its dispatcher's rights, narrowed. Derived from the attempt, so that a start repeated after a crash hands out
 * the same token. Null when the dispatcher is no person.
 */
export async function jobToken(
  ctx: Ctx,
  job: { id: string; name: string; teamId: string; createdBy: string; timeLimitSeconds: number },
  attemptId: string,
): Promise<string | null> {
  const [owner] = await ctx.db.select({ id: people.id }).from(people).where(eq(people.id, job.createdBy));
  if (!owner) return null;
  return issueJobToken(ctx, `job-attempt:${attemptId}`, {
    id: job.id,
    name: job.name,
    teamId: job.teamId,
    userId: owner.id,
    expiresAt: new Date(ctx.now().getTime() + job.timeLimitSeconds * 1000 + MARGIN_MS),
  });
}
