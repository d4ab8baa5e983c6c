import { and, eq, isNull, ne } from "drizzle-orm";
import { memberships, teams, users } from "@/db/schema";
import type { TeamRole } from "@/server/core/actor";
import type { Ctx } from "@/server/core/context";
import { notFound, precondition } from "@/server/core/errors";

/** The team, when the actor may see it: it is the active one, or they administer the platform. Missing and foreign look the same. */
export async function reachableTeam(ctx: Ctx, teamId: string) {
  const mayReach = teamId === ctx.actor.teamId || ctx.actor.isPlatformAdmin;
  const [team] = mayReach ? await ctx.db.select().from(teams).where(eq(teams.id, teamId)) : [];
  if (!team) throw notFound("team", teamId);
  return team;
}

/** Locks the membership, and refuses what would leave the team without an admin who can sign in. */
export async function memberForChange(ctx: Ctx, teamId: string, userId: string, next: TeamRole | undefined) {
  const team = await reachableTeam(ctx, teamId);
  // One change of a team's members at a time: two admins who demote each other must not both succeed.
  await ctx.db.select({ id: teams.id }).from(teams).where(eq(teams.id, team.id)).for("update");
  const [member] = await ctx.db
    .select({ role: memberships.role, name: users.name, email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.teamId, team.id), eq(memberships.userId, userId)));
  if (!member) throw notFound("member", userId);
  if (member.role === "admin" && next !== "admin") {
    const [other] = await ctx.db
      .select({ id: users.id })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(
        and(
          eq(memberships.teamId, team.id),
          eq(memberships.role, "admin"),
          ne(users.id, userId),
          isNull(users.disabledAt),
        ),
      )
      .limit(1);
    if (!other)
      throw precondition(
        `${member.name} is the last admin of ${team.name}.`,
        "Make another member admin first.",
      );
  }
  return { team, member };
}
