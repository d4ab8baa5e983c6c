import { and, eq, isNull } from "drizzle-orm";
import { apiTokens } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, notFound } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { TokenInput } from "./schemas";

export const revokeToken = mutation(
  {
    name: "identity.token.revoke",
    permission: "identity.token.revoke",
    input: TokenInput,
    summary: "End an API token at once",
  },
  async ({ ctx, input }) => {
    const mine = eq(apiTokens.userId, ctx.actor.userId);
    const all = ctx.actor.role === "admin" || ctx.actor.isPlatformAdmin;
    const [token] = await ctx.db
      .select({ id: apiTokens.id, name: apiTokens.name })
      .from(apiTokens)
      .where(
        and(eq(apiTokens.id, input.tokenId), eq(apiTokens.teamId, ctx.actor.teamId), all ? undefined : mine),
      );
    if (!token) throw notFound("token", input.tokenId);
    const revokedAt = ctx.now();
    const ended = await ctx.db
      .update(apiTokens)
      .set({ revokedAt })
      .where(and(eq(apiTokens.id, token.id), isNull(apiTokens.revokedAt)))
      .returning({ id: apiTokens.id });
    if (ended.length === 0) throw conflict("This token has been revoked already.", "Reload the list.");
    await audit(ctx, {
      action: "identity.token.revoke",
      subject: { kind: "token", id: token.id, label: token.name },
      after: { revokedAt },
    });
    return { id: token.id, revokedAt };
  },
);
