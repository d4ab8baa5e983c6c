import { apiTokens } from "@/db/schema";
import { newApiToken, tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { mutation } from "@/server/core/verb";
import { CreateTokenInput } from "./schemas";

const DAY_MS = 86_400_000;

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
