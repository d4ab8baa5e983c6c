import { and, asc, eq, sql } from "drizzle-orm";
import { memberships, teams } from "@/db/schema";
import { NoInput, query } from "@/server/core/verb";

const MAX_TEAMS = 500;

export const listTeams = query(
  {
    name: "identity.team.list",
    permission: "identity.session.read",
    input: NoInput,
    summary: "My teams; for a platform administrator, all teams",
  },
  async ({ ctx }) => ({
    items: await ctx.db
      .select({
        id: teams.id,
        slug: teams.slug,
        name: teams.name,
        createdAt: teams.createdAt,
        memberCount: sql<number>`(select count(*)::int from ${memberships} m where m.team_id = ${teams.id})`,
        myRole: memberships.role,
      })
      .from(teams)
      .leftJoin(memberships, and(eq(memberships.teamId, teams.id), eq(memberships.userId, ctx.actor.userId)))
      .where(
        ctx.actor.kind === "token" || !ctx.actor.isPlatformAdmin
          ? ctx.actor.kind === "token"
            ? eq(teams.id, ctx.actor.teamId)
            : eq(memberships.userId, ctx.actor.userId)
          : undefined,
      )
      .orderBy(asc(teams.name), asc(teams.id))
      .limit(MAX_TEAMS),
  }),
);
