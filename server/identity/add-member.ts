import { and, eq, isNull, sql } from "drizzle-orm";
import { memberships, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { AddMemberInput } from "./schemas";
import { reachableTeam } from "./team-parts";

export const addMember = mutation(
  {
    name: "identity.member.add",
    permission: "identity.member.manage",
    input: AddMemberInput,
    summary: "Add a person to a team with a role",
  },
  async ({ ctx, input }) => {
    const team = await reachableTeam(ctx, input.teamId);
    const [person] = await ctx.db
      .select({ id: users.id, name: users.name, email: users.email })
      .from(users)
      .where(and(eq(sql`lower(${users.email})`, input.email.toLowerCase()), isNull(users.disabledAt)));
    if (!person) {
      throw invalidField(
        "email",
        "belongs to nobody who can sign in here",
        "A platform administrator adds people under Admin, People.",
      );
    }
    const added = await ctx.db
      .insert(memberships)
      .values({ teamId: team.id, userId: person.id, role: input.role, createdAt: ctx.now() })
      .onConflictDoNothing()
      .returning({ userId: memberships.userId });
    if (added.length === 0)
      throw conflict(`${person.name} is in ${team.name} already.`, "Change their role in the list instead.");
    await ctx.db
      .update(users)
      .set({ activeTeamId: team.id })
      .where(and(eq(users.id, person.id), isNull(users.activeTeamId)));
    await audit(ctx, {
      action: "identity.member.add",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { teamId: team.id, role: input.role },
      teamId: team.id,
    });
    return { teamId: team.id, userId: person.id, role: input.role };
  },
);
