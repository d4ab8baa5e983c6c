import { and, eq, isNotNull, isNull, or, sql } from "drizzle-orm";
import { apiTokens, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { conflict, notFound, precondition } from "@/server/core/errors";

export const SAFE = {
  id: users.id,
  email: users.email,
  name: users.name,
  isPlatformAdmin: users.isPlatformAdmin,
  isDemo: users.isDemo,
  disabledAt: users.disabledAt,
  lastSeenAt: users.lastSeenAt,
  createdAt: users.createdAt,
};

export interface PersonRow {
  id: string;
  email: string;
  name: string;
  isPlatformAdmin: boolean;
  isDemo: boolean;
  disabledAt: Date | null;
  lastSeenAt: Date | null;
  createdAt: Date;
}

/** The address under which a one-time link opens. */
export const linkTo = (page: string, token: string) => `${env().portalUrl}/${page}?token=${token}`;

export async function loadPerson(ctx: Ctx, userId: string): Promise<PersonRow> {
  const [person] = await ctx.db.select(SAFE).from(users).where(eq(users.id, userId)).for("update");
  if (!person) throw notFound("person", userId);
  return person;
}

/** Refuses what would leave the installation without a platform administrator. */
async function keepAnAdministrator(ctx: Ctx, leaving: PersonRow): Promise<void> {
  if (!leaving.isPlatformAdmin) return;
  const others = await ctx.db
    .select({ id: users.id })
    .from(users)
    .where(
      and(
        eq(users.isPlatformAdmin, true),
        isNull(users.disabledAt),
        or(isNotNull(users.passwordHash), isNotNull(users.oidcSubject)),
      ),
    )
    .for("update");
  if (others.some((other) => other.id !== leaving.id)) return;
  throw precondition(
    "This is the last platform administrator.",
    "Make another platform administrator first.",
  );
}

export async function setEnabled(ctx: Ctx, userId: string, enabled: boolean): Promise<PersonRow> {
  const person = await loadPerson(ctx, userId);
  const action = enabled ? "enable" : "disable";
  if ((person.disabledAt === null) === enabled) {
    throw conflict(`${person.name} is already ${enabled ? "enabled" : "disabled"}.`, "Reload the list.");
  }
  if (!enabled && userId === ctx.actor.userId) {
    throw precondition("You cannot disable yourself.", "Ask another platform administrator.");
  }
  if (!enabled) await keepAnAdministrator(ctx, person);
  const disabledAt = enabled ? null : ctx.now();
  await ctx.db
    .update(users)
    .set({ disabledAt, sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.id, userId));
  await audit(ctx, {
    action: `identity.person.${action}`,
    subject: { kind: "person", id: userId, label: person.email },
    before: { disabledAt: person.disabledAt },
    after: { disabledAt },
  });
  return { ...person, disabledAt };
}

/** Ends the tokens of a person in a team they have left. */
export async function revokeTokensOf(ctx: Ctx, teamId: string, userId: string): Promise<number> {
  const ended = await ctx.db
    .update(apiTokens)
    .set({ revokedAt: ctx.now() })
    .where(and(eq(apiTokens.teamId, teamId), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return ended.length;
}
