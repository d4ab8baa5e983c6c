import { and, eq, isNull } from "drizzle-orm";
import { apiTokens } from "@/db/schema";
import { firstCharacters } from "@/server/core/characters";
import type { TokenScope } from "@/server/core/actor";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { authSecret } from "./secret";
import { derivedApiToken, tokenHash, tokenPrefix } from "./token-format";

const SCOPES: TokenScope[] = ["track", "infer", "read"];

/**
 * A token that acts for a person on behalf of a job, narrowed to tracking, inference and reading. It is derived from `purpose`: asked for again, it
 * is the same, and none is stored in the clear.
 */
export async function issueJobToken(
  ctx: Ctx,
  purpose: string,
  job: { id: string; name: string; teamId: string; userId: string; expiresAt: Date },
): Promise<string> {
  const token = derivedApiToken(authSecret(), purpose);
  await ctx.db
    .insert(apiTokens)
    .values({
      id: newId("token"),
      teamId: job.teamId,
      userId: job.userId,
      name: firstCharacters(`Job ${job.name}`, 120),
      prefix: tokenPrefix(token),
      hash: tokenHash(token),
      scopes: SCOPES,
      jobId: job.id,
      expiresAt: job.expiresAt,
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
