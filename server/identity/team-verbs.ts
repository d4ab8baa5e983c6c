import { and, asc, eq, isNull, ne, sql } from "drizzle-orm";
import { memberships, teams, users } from "@/db/schema";
import type { TeamRole } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField, notFound, precondition } from "@/server/core/errors";
import { mutation, NoInput, query } from "@/server/core/verb";
import { revokeTokensOf } from "./people-verbs";
import { AddMemberInput, ChangeRoleInput, CreateTeamInput, RemoveMemberInput, TeamInput } from "./schemas";
import { insertTeam } from "./team-store";

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

export const createTeam = mutation(
  {
    name: "identity.team.create",
    permission: "identity.team.manage",
    input: CreateTeamInput,
    summary: "Make a team",
  },
  async ({ ctx, input }) => {
    const [taken] = await ctx.db.select({ id: teams.id }).from(teams).where(eq(teams.slug, input.slug));
    if (taken) throw invalidField("slug", "is taken by another team", "Choose another short name.");
    return insertTeam(ctx, input);
  },
);

/** The team, when the actor may see it: it is the active one, or they administer the platform. Missing and foreign look the same. */
async function reachableTeam(ctx: Ctx, teamId: string) {
  const mayReach = teamId === ctx.actor.teamId || ctx.actor.isPlatformAdmin;
  const [team] = mayReach ? await ctx.db.select().from(teams).where(eq(teams.id, teamId)) : [];
  if (!team) throw notFound("team", teamId);
  return team;
}

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
    return { team, items };
  },
);

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

/** Locks the membership, and refuses what would leave the team without an admin who can sign in. */
async function memberForChange(ctx: Ctx, teamId: string, userId: string, next: TeamRole | undefined) {
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
