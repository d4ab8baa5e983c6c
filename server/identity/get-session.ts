import { and, asc, count, eq, isNull, sql } from "drizzle-orm";
import { memberships, notifications, teams, users } from "@/db/schema";
import { PERMISSIONS, can } from "@/server/core/authz/permissions";
import type { Permission, Verdict } from "@/server/core/authz/permissions";
import { notFound } from "@/server/core/errors";
import { NoInput, query } from "@/server/core/verb";

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
