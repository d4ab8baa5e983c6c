import { and, eq, isNull } from "drizzle-orm";
import { apiTokens } from "@/db/schema";
import { people } from "@/server/identity";
import { authSecret } from "@/server/auth/secret";
import { derivedApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import type { TokenScope } from "@/server/core/actor";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";

const SCOPES: TokenScope[] = ["track", "infer", "read"];
/** Beyond its time limit a job also prepares and is collected. */
const MARGIN_MS = 2 * 3600_000;

/**
 * The token that a job acts with: its dispatcher's rights, narrowed to tracking, inference and reading. Derived from the
 * attempt, so that a start repeated after a crash hands out the same token and none is stored in the clear. Null when the
 * dispatcher is no person.
 */
export async function jobToken(
  ctx: Ctx,
  job: { id: string; name: string; teamId: string; createdBy: string; timeLimitSeconds: number },
  attemptId: string,
): Promise<string | null> {
  const [owner] = await ctx.db.select({ id: people.id }).from(people).where(eq(people.id, job.createdBy));
  if (!owner) return null;
  const token = derivedApiToken(authSecret(), `job-attempt:${attemptId}`);
  await ctx.db
    .insert(apiTokens)
    .values({
      id: newId("token"),
      teamId: job.teamId,
      userId: owner.id,
      name: `Job ${job.name}`.slice(0, 120),
      prefix: tokenPrefix(token),
      hash: tokenHash(token),
      scopes: SCOPES,
      jobId: job.id,
      expiresAt: new Date(ctx.now().getTime() + job.timeLimitSeconds * 1000 + MARGIN_MS),
    })
    .onConflictDoNothing({ target: apiTokens.hash });
  return token;
}

/** Ends every token of a job. */
export async function revokeJobTokens(ctx: Ctx, jobId: string): Promise<void> {
  await ctx.db
    .update(apiTokens)
    .set({ revokedAt: ctx.now() })
    .where(and(eq(apiTokens.jobId, jobId), isNull(apiTokens.revokedAt)));
}
