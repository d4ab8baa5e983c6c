import { and, desc, eq, isNull } from "drizzle-orm";
import { apiTokens, users } from "@/db/schema";
import { NoInput, query } from "@/server/core/verb";

const MAX_TOKENS = 500;

export const listTokens = query(
  {
    name: "identity.token.list",
    permission: "identity.token.read",
    input: NoInput,
    summary:
      "My API tokens in this team; for a team admin, everyone's (never the secrets, never the tokens of jobs)",
  },
  async ({ ctx }) => {
    const all = ctx.actor.role === "admin" || ctx.actor.isPlatformAdmin;
    const items = await ctx.db
      .select({
        id: apiTokens.id,
        name: apiTokens.name,
        prefix: apiTokens.prefix,
        scopes: apiTokens.scopes,
        ownerId: users.id,
        ownerName: users.name,
        createdAt: apiTokens.createdAt,
        expiresAt: apiTokens.expiresAt,
        lastUsedAt: apiTokens.lastUsedAt,
        revokedAt: apiTokens.revokedAt,
      })
      .from(apiTokens)
      .innerJoin(users, eq(users.id, apiTokens.userId))
      .where(
        and(
          eq(apiTokens.teamId, ctx.actor.teamId),
          isNull(apiTokens.jobId),
          all ? undefined : eq(apiTokens.userId, ctx.actor.userId),
        ),
      )
      .orderBy(desc(apiTokens.createdAt), desc(apiTokens.id))
      .limit(MAX_TOKENS);
    return { items };
  },
);
