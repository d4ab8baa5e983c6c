import { and, asc, count, eq, isNull, sql } from "drizzle-orm";
import { memberships, notifications, teams, users } from "@/db/schema";
import { refuseCommonPassword } from "@/server/auth/common-password";
import { hashPassword, verifyPassword } from "@/server/auth/password";
import { returnSignInTries, takeSignInTry } from "@/server/auth/sign-in-limit";
import { audit } from "@/server/core/audit";
import { can, PERMISSIONS, type Permission, type Verdict } from "@/server/core/authz/permissions";
import { AppError, conflict, invalidField, notFound, precondition } from "@/server/core/errors";
import { mutation, NoInput, query } from "@/server/core/verb";
import { hasAdministrator } from "./first-start";
import { useOneTimeLink } from "./one-time-links";
import { ChangePasswordInput, ClaimSetupInput, SwitchTeamInput, UpdateProfileInput } from "./schemas";
import { insertPerson } from "@/server/auth/insert-person";
import { insertTeam } from "./team-store";

const PERMISSION_NAMES = Object.keys(PERMISSIONS) as Permission[];

export const getSession = query(
  {
    name: "identity.session.get",
    permission: "identity.session.read",
    input: NoInput,
    summary: "Who I am, my teams, and what I may do in the active one",
  },
  async ({ ctx }) => {
    const { actor } = ctx;
    const [me] = await ctx.db
      .select({
        id: users.id,
        name: users.name,
        email: users.email,
        isPlatformAdmin: users.isPlatformAdmin,
        hasPassword: sql<boolean>`${users.passwordHash} is not null`,
      })
      .from(users)
      .where(eq(users.id, actor.userId));
    if (!me) throw notFound("person", actor.userId);
    const mine = await ctx.db
      .select({ id: teams.id, slug: teams.slug, name: teams.name, role: memberships.role })
      .from(memberships)
      .innerJoin(teams, eq(teams.id, memberships.teamId))
      .where(eq(memberships.userId, actor.userId))
      .orderBy(asc(teams.name));
    const [unread] = await ctx.db
      .select({ n: count() })
      .from(notifications)
      .where(
        and(
          eq(notifications.userId, actor.userId),
          isNull(notifications.readAt),
          isNull(notifications.doneAt),
        ),
      );
    return {
      me,
      teams: mine,
      team: actor.teamId ? { id: actor.teamId, slug: actor.teamSlug, role: actor.role ?? null } : null,
      kind: actor.kind,
      scopes: actor.scopes ?? null,
      permissions: Object.fromEntries(PERMISSION_NAMES.map((name) => [name, can(actor, name)])) as Record<
        Permission,
        Verdict
      >,
      unreadCount: unread?.n ?? 0,
    };
  },
);

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

export const updateProfile = mutation(
  {
    name: "identity.profile.update",
    permission: "identity.profile.update",
    input: UpdateProfileInput,
    summary: "Change my name",
  },
  async ({ ctx, input }) => {
    await ctx.db.update(users).set({ name: input.name }).where(eq(users.id, ctx.actor.userId));
    await audit(ctx, {
      action: "identity.profile.update",
      subject: { kind: "person", id: ctx.actor.userId, label: input.name },
      before: { name: ctx.actor.name },
      after: { name: input.name },
    });
    return { name: input.name };
  },
);

export const changePassword = mutation(
  {
    name: "identity.password.change",
    permission: "identity.profile.update",
    input: ChangePasswordInput,
    summary: "Change my password; ends every session, this one included",
  },
  async ({ ctx, input }) => {
    const [me] = await ctx.db
      .select({ email: users.email, passwordHash: users.passwordHash, sessionVersion: users.sessionVersion })
      .from(users)
      .where(eq(users.id, ctx.actor.userId));
    if (!me?.passwordHash)
      throw precondition("You sign in without a password here.", "Change it at your identity provider.");
    const tried = { account: `change:${ctx.actor.userId}`, address: "a session", device: "its own" };
    const wait = await takeSignInTry(tried);
    if (wait !== undefined) {
      throw new AppError("rate_limited", "Too many wrong passwords.", {
        hint: `Wait ${Math.ceil(wait / 60)} minutes and try again.`,
        details: { retryAfterSeconds: wait },
      });
    }
    if (!(await verifyPassword(input.currentPassword, me.passwordHash))) {
      throw invalidField("currentPassword", "is not your current password");
    }
    await returnSignInTries(tried);
    await refuseCommonPassword("newPassword", input.newPassword, [me.email, ctx.actor.name]);
    const changed = await ctx.db
      .update(users)
      .set({ passwordHash: await hashPassword(input.newPassword), sessionVersion: me.sessionVersion + 1 })
      .where(and(eq(users.id, ctx.actor.userId), eq(users.sessionVersion, me.sessionVersion)))
      .returning({ id: users.id });
    if (changed.length === 0)
      throw conflict("Your password was changed elsewhere meanwhile.", "Sign in again.");
    await audit(ctx, {
      action: "identity.password.change",
      subject: { kind: "person", id: ctx.actor.userId, label: me.email },
    });
    return { email: me.email };
  },
);

export const claimSetup = mutation(
  {
    name: "identity.setup.claim",
    permission: "identity.setup.claim",
    input: ClaimSetupInput,
    summary: "Make the first administrator and team with the link that the launcher printed",
  },
  async ({ ctx, input }) => {
    await useOneTimeLink(ctx, input.token, "setup");
    if (await hasAdministrator(ctx))
      throw conflict("This installation has an administrator already.", "Sign in instead.");
    const [taken] = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(eq(sql`lower(${users.email})`, input.email.toLowerCase()));
    if (taken) throw invalidField("email", "belongs to a person already");
    await refuseCommonPassword("password", input.password, [input.email, input.name, input.teamName]);
    const team = await insertTeam(ctx, {
      slug: await freeSlug(ctx.db, input.teamName),
      name: input.teamName,
    });
    const person = await insertPerson(ctx, {
      email: input.email,
      name: input.name,
      passwordHash: await hashPassword(input.password),
      isPlatformAdmin: true,
      activeTeamId: team.id,
    });
    await ctx.db
      .insert(memberships)
      .values({ teamId: team.id, userId: person.id, role: "admin", createdAt: ctx.now() });
    await audit(ctx, {
      action: "identity.setup.claim",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { teamId: team.id },
      teamId: team.id,
    });
    return { email: person.email };
  },
);

async function freeSlug(db: Parameters<typeof insertTeam>[0]["db"], name: string): Promise<string> {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, 34);
  const base = plain.length >= 3 ? plain : "team";
  const used = new Set((await db.select({ slug: teams.slug }).from(teams)).map((row) => row.slug));
  let slug = base;
  for (let n = 2; used.has(slug); n += 1) slug = `${base}-${n}`;
  return slug;
}
