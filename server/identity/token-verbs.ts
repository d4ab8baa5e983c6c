import { and, desc, eq, isNull } from "drizzle-orm";
import { apiTokens, users } from "@/db/schema";
import { newApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { audit } from "@/server/core/audit";
import { conflict, notFound, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { mutation, NoInput, query } from "@/server/core/verb";
import { CreateTokenInput, TokenInput } from "./schemas";

const MAX_TOKENS = 500;
const DAY_MS = 86_400_000;

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

export const createToken = mutation(
  {
    name: "identity.token.create",
    permission: "identity.token.create",
    input: CreateTokenInput,
    summary: "Make an API token; its secret is in the answer and nowhere else",
  },
  async ({ ctx, input }) => {
    if (input.scopes.includes("admin") && ctx.actor.role !== "admin" && !ctx.actor.isPlatformAdmin) {
      throw precondition("The scope admin is for team admins.", "Leave it out, or ask a team admin.");
    }
    const decides = ["reviewer", "admin"].includes(ctx.actor.role ?? "") || ctx.actor.isPlatformAdmin;
    if (input.scopes.includes("review") && !decides) {
      throw precondition(
        "The scope review is for those who may review.",
        "Leave it out, or ask a team admin.",
      );
    }
    const token = newApiToken();
    const row = {
      id: newId("token"),
      name: input.name,
      prefix: tokenPrefix(token),
      scopes: [...new Set(input.scopes)],
      createdAt: ctx.now(),
      expiresAt: new Date(ctx.now().getTime() + input.expiresInDays * DAY_MS),
    };
    await ctx.db
      .insert(apiTokens)
      .values({ ...row, teamId: ctx.actor.teamId, userId: ctx.actor.userId, hash: tokenHash(token) });
    await audit(ctx, {
      action: "identity.token.create",
      subject: { kind: "token", id: row.id, label: row.name },
      after: { name: row.name, scopes: row.scopes, expiresAt: row.expiresAt },
    });
    return { ...row, token };
  },
);

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
