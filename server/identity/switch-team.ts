import { and, eq } from "drizzle-orm";
import { memberships, teams, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notFound } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { SwitchTeamInput } from "./schemas";

export const switchTeam = mutation(
  {
    name: "identity.team.switch",
    permission: "identity.team.switch",
    input: SwitchTeamInput,
    summary: "Make another of my teams the active one",
  },
  async ({ ctx, input }) => {
    const [team] = await ctx.db
      .select({ id: teams.id, slug: teams.slug, name: teams.name, role: memberships.role })
      .from(teams)
      .leftJoin(memberships, and(eq(memberships.teamId, teams.id), eq(memberships.userId, ctx.actor.userId)))
      .where(eq(teams.id, input.teamId));
    if (!team || (team.role === null && !ctx.actor.isPlatformAdmin)) throw notFound("team", input.teamId);
    await ctx.db.update(users).set({ activeTeamId: team.id }).where(eq(users.id, ctx.actor.userId));
    await audit(ctx, {
      action: "identity.team.switch",
      subject: { kind: "team", id: team.id, label: team.name },
      before: { teamId: ctx.actor.teamId || null },
      after: { teamId: team.id },
      teamId: team.id,
    });
    return team;
  },
);
