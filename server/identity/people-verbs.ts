import { and, asc, eq, ilike, isNotNull, isNull, or, sql } from "drizzle-orm";
import { z } from "zod";
import { apiTokens, memberships, teams, users } from "@/db/schema";
import { refuseCommonPassword } from "@/server/auth/common-password";
import { hashPassword } from "@/server/auth/password";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { conflict, invalidField, notFound, precondition } from "@/server/core/errors";
import { decodeCursor, PageInput, toPage } from "@/server/core/pagination";
import { mutation, query } from "@/server/core/verb";
import { createOneTimeLink, useOneTimeLink } from "./one-time-links";
import { ClaimResetInput, CreatePersonInput, PersonInput } from "./schemas";
import { insertPerson } from "@/server/auth/insert-person";

const SAFE = {
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

const ListPeopleInput = PageInput.extend({
  q: z.string().trim().max(100).optional(),
  state: z.enum(["active", "disabled"]).optional(),
});
const Key = z.tuple([z.string(), z.string()]);

/** Every character of a search is meant as itself. */
export const like = (text: string) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

export const listPeople = query(
  {
    name: "identity.person.list",
    permission: "identity.people.manage",
    input: ListPeopleInput,
    summary: "List all people of the installation",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, Key);
    const rows = await ctx.db
      .select({
        ...SAFE,
        signIn: sql<string>`case when ${users.oidcSubject} is not null then 'single sign-on' when ${users.passwordHash} is not null then 'password' else 'none yet' end`,
        teams: sql<
          string[]
        >`coalesce((select array_agg(t.name order by t.name) from ${memberships} m join ${teams} t on t.id = m.team_id where m.user_id = "users"."id"), '{}')`,
      })
      .from(users)
      .where(
        and(
          input.q ? or(ilike(users.name, like(input.q)), ilike(users.email, like(input.q))) : undefined,
          input.state === "active" ? isNull(users.disabledAt) : undefined,
          input.state === "disabled" ? isNotNull(users.disabledAt) : undefined,
          after ? sql`(${users.email}, ${users.id}) > (${after[0]}, ${after[1]})` : undefined,
        ),
      )
      .orderBy(asc(users.email), asc(users.id))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.email, row.id]);
  },
);

/** The address under which a one-time link opens. */
const linkTo = (page: string, token: string) => `${env().portalUrl}/${page}?token=${token}`;

export const createPerson = mutation(
  {
    name: "identity.person.create",
    permission: "identity.people.manage",
    input: CreatePersonInput,
    summary: "Add a person; returns a one-time link with which they choose a password",
  },
  async ({ ctx, input }) => {
    const [taken] = await ctx.db
      .select({ id: users.id })
      .from(users)
      .where(eq(sql`lower(${users.email})`, input.email.toLowerCase()));
    if (taken) throw invalidField("email", "belongs to a person already", "Find them in the list instead.");
    const person = await insertPerson(ctx, { ...input, passwordHash: null });
    const link = await createOneTimeLink(ctx, `reset:${person.id}`);
    return {
      id: person.id,
      email: person.email,
      name: person.name,
      link: linkTo("reset-password", link.token),
      expiresAt: link.expiresAt,
    };
  },
);

async function loadPerson(ctx: Ctx, userId: string): Promise<PersonRow> {
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

async function setEnabled(ctx: Ctx, userId: string, enabled: boolean): Promise<PersonRow> {
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

export const disablePerson = mutation(
  {
    name: "identity.person.disable",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Disable a person: their sessions and tokens stop working at once",
  },
  ({ ctx, input }) => setEnabled(ctx, input.userId, false),
);

export const enablePerson = mutation(
  {
    name: "identity.person.enable",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Let a disabled person in again",
  },
  ({ ctx, input }) => setEnabled(ctx, input.userId, true),
);

export const resetPassword = mutation(
  {
    name: "identity.person.reset_password",
    permission: "identity.people.manage",
    input: PersonInput,
    summary: "Make a one-time link with which a person chooses a new password",
  },
  async ({ ctx, input }) => {
    const person = await loadPerson(ctx, input.userId);
    const link = await createOneTimeLink(ctx, `reset:${person.id}`);
    await audit(ctx, {
      action: "identity.person.reset_password",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { expiresAt: link.expiresAt },
    });
    return { link: linkTo("reset-password", link.token), expiresAt: link.expiresAt };
  },
);

export const claimReset = mutation(
  {
    name: "identity.reset.claim",
    permission: "identity.setup.claim",
    input: ClaimResetInput,
    summary: "Choose a password with a one-time link; ends all sessions of the person",
  },
  async ({ ctx, input }) => {
    const purpose = await useOneTimeLink(ctx, input.token, "reset:");
    const person = await loadPerson(ctx, purpose.slice("reset:".length));
    if (person.disabledAt) throw precondition("This account is disabled.", "Ask a platform administrator.");
    await refuseCommonPassword("password", input.password, [person.email, person.name]);
    await ctx.db
      .update(users)
      .set({
        passwordHash: await hashPassword(input.password),
        sessionVersion: sql`${users.sessionVersion} + 1`,
      })
      .where(eq(users.id, person.id));
    await audit(ctx, {
      action: "identity.reset.claim",
      subject: { kind: "person", id: person.id, label: person.email },
    });
    return { email: person.email };
  },
);

/** Ends the tokens of a person in a team they have left. */
export async function revokeTokensOf(ctx: Ctx, teamId: string, userId: string): Promise<number> {
  const ended = await ctx.db
    .update(apiTokens)
    .set({ revokedAt: ctx.now() })
    .where(and(eq(apiTokens.teamId, teamId), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
    .returning({ id: apiTokens.id });
  return ended.length;
}
