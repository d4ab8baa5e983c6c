import { and, eq } from "drizzle-orm";
import { memberships, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { revokeTokensOf } from "./people-parts";
import { RemoveMemberInput } from "./schemas";
import { memberForChange } from "./team-parts";

export const removeMember = mutation(
  {
    name: "identity.member.remove",
    permission: "identity.member.manage",
    input: RemoveMemberInput,
    summary: "Remove a member; their API tokens of this team end",
  },
  async ({ ctx, input }) => {
    const { team, member } = await memberForChange(ctx, input.teamId, input.userId, undefined);
    await ctx.db
      .delete(memberships)
      .where(and(eq(memberships.teamId, team.id), eq(memberships.userId, input.userId)));
    const endedTokens = await revokeTokensOf(ctx, team.id, input.userId);
    await ctx.db
      .update(users)
      .set({ activeTeamId: null })
      .where(and(eq(users.id, input.userId), eq(users.activeTeamId, team.id)));
    await audit(ctx, {
      action: "identity.member.remove",
      subject: { kind: "person", id: input.userId, label: member.email },
      before: { role: member.role },
      after: { endedTokens },
      teamId: team.id,
    });
    return { teamId: team.id, userId: input.userId, endedTokens };
  },
);
