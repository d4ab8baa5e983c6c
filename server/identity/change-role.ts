import { and, eq } from "drizzle-orm";
import { memberships } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { ChangeRoleInput } from "./schemas";
import { memberForChange } from "./team-parts";

export const changeRole = mutation(
  {
    name: "identity.member.change_role",
    permission: "identity.member.manage",
    input: ChangeRoleInput,
    summary: "Change a member's role; it holds from their next request",
  },
  async ({ ctx, input }) => {
    const { team, member } = await memberForChange(ctx, input.teamId, input.userId, input.role);
    if (member.role === input.role)
      throw conflict(`${member.name} is ${input.role} already.`, "Reload the list.");
    await ctx.db
      .update(memberships)
      .set({ role: input.role })
      .where(and(eq(memberships.teamId, team.id), eq(memberships.userId, input.userId)));
    await audit(ctx, {
      action: "identity.member.change_role",
      subject: { kind: "person", id: input.userId, label: member.email },
      before: { role: member.role },
      after: { role: input.role },
      teamId: team.id,
    });
    return { teamId: team.id, userId: input.userId, role: input.role };
  },
);
