import { SERVICE_EMAIL } from "@/server/auth/rules";
import { asc, eq } from "drizzle-orm";
import { memberships, users } from "@/db/schema";
import { query } from "@/server/core/verb";
import { TeamInput } from "./schemas";
import { reachableTeam } from "./team-parts";

export const listMembers = query(
  {
    name: "identity.member.list",
    permission: "identity.people.read",
    input: TeamInput,
    summary: "Members of a team and their roles",
  },
  async ({ ctx, input }) => {
    const team = await reachableTeam(ctx, input.teamId);
    const items = await ctx.db
      .select({
        userId: users.id,
        name: users.name,
        email: users.email,
        role: memberships.role,
        disabledAt: users.disabledAt,
        since: memberships.createdAt,
      })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(eq(memberships.teamId, team.id))
      .orderBy(asc(users.name), asc(users.id));
    // A service acts, but owns nothing and is nobody to ask.
    return { team, items: items.map((item) => ({ ...item, isService: item.email === SERVICE_EMAIL })) };
  },
);
