import { randomInt } from "node:crypto";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { memberships, teams, users } from "@/db/schema";
import type { TeamRole } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { isCommonPassword } from "@/server/auth/common-password";
import { hashPassword, verifyPassword } from "@/server/auth/password";
import type { Ctx } from "@/server/core/context";
import { emit } from "@/server/core/outbox";
import { insertPerson } from "@/server/auth/insert-person";
import { insertTeam } from "./team-store";

export interface DemoAccount {
  email: string;
  name: string;
  role: TeamRole;
  isPlatformAdmin: boolean;
  title: string;
}

export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    email: "scientist@demo.local",
    name: "Sam Scientist",
    role: "member",
    isPlatformAdmin: false,
    title: "Data scientist",
  },
  {
    email: "reviewer@demo.local",
    name: "Robin Reviewer",
    role: "reviewer",
    isPlatformAdmin: false,
    title: "Governance reviewer",
  },
  {
    email: "platform@demo.local",
    name: "Pat Platform",
    role: "admin",
    isPlatformAdmin: true,
    title: "Platform engineer",
  },
];

const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/** Four groups of four letters and digits that nobody mixes up: 79 bits. */
function randomPassword(): string {
  const pick = () => ALPHABET[randomInt(ALPHABET.length)] ?? "x";
  return Array.from({ length: 4 }, () => Array.from({ length: 4 }, pick).join("")).join("-");
}

/** The operator's choice holds, but one of these people administers the installation. */
async function warningOf(given: string | undefined): Promise<string[]> {
  if (!given || !(await isCommonPassword(given, ["demo", ...DEMO_ACCOUNTS.map(({ email }) => email)])))
    return [];
  return [
    "    It is among the first that somebody would guess: set MODELWORKS_DEMO_PASSWORD to another one,",
    "    or leave it out on a fresh start, before others can reach this address.",
  ];
}

async function describe(password: string, given: string | undefined): Promise<string[]> {
  return [
    "",
    "  Demo accounts (turn them off with MODELWORKS_DEMO=off):",
    ...DEMO_ACCOUNTS.map((each) => `    ${each.email.padEnd(24)} ${each.title}`),
    `  Password of all three: ${password}`,
    ...(await warningOf(given)),
    "",
  ];
}

async function createDemo(ctx: Ctx, password: string): Promise<void> {
  const team = await insertTeam(ctx, { slug: "demo", name: "Demo factory" });
  const passwordHash = await hashPassword(password);
  for (const account of DEMO_ACCOUNTS) {
    const person = await insertPerson(ctx, {
      email: account.email,
      name: account.name,
      passwordHash,
      isPlatformAdmin: account.isPlatformAdmin,
      isDemo: true,
      activeTeamId: team.id,
    });
    await ctx.db
      .insert(memberships)
      .values({ teamId: team.id, userId: person.id, role: account.role, createdAt: ctx.now() });
  }
  await emit(ctx, { type: "identity.demo_requested", payload: { teamId: team.id } }, { teamId: team.id });
}

/** A password given by the settings holds at every start; a change of it ends the sessions of the demo accounts. */
async function applyGivenPassword(ctx: Ctx, password: string): Promise<void> {
  const [one] = await ctx.db
    .select({ hash: users.passwordHash })
    .from(users)
    .where(eq(users.isDemo, true))
    .limit(1);
  if (!one || (await verifyPassword(password, one.hash))) return;
  await ctx.db
    .update(users)
    .set({ passwordHash: await hashPassword(password), sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(eq(users.isDemo, true));
  await audit(ctx, {
    action: "identity.demo.password_set",
    subject: { kind: "installation", id: "demo" },
    reason: "MODELWORKS_DEMO_PASSWORD changed",
  });
}

/** Makes the demo team and its three people on the first start; afterwards only keeps them usable. */
export async function ensureDemo(ctx: Ctx, givenPassword: string | undefined): Promise<string[]> {
  const [team] = await ctx.db.select({ id: teams.id }).from(teams).where(eq(teams.slug, "demo"));
  if (!team) {
    const password = givenPassword ?? randomPassword();
    await createDemo(ctx, password);
    return describe(password, givenPassword);
  }
  await setDemoEnabled(ctx, true);
  if (givenPassword) await applyGivenPassword(ctx, givenPassword);
  return describe(
    givenPassword ?? "printed at the first start; set MODELWORKS_DEMO_PASSWORD and start again to choose one",
    givenPassword,
  );
}

async function setDemoEnabled(ctx: Ctx, enabled: boolean): Promise<void> {
  const changed = await ctx.db
    .update(users)
    .set({ disabledAt: enabled ? null : ctx.now(), sessionVersion: sql`${users.sessionVersion} + 1` })
    .where(and(eq(users.isDemo, true), enabled ? isNotNull(users.disabledAt) : isNull(users.disabledAt)))
    .returning({ id: users.id });
  if (changed.length === 0) return;
  await audit(ctx, {
    action: enabled ? "identity.demo.enable" : "identity.demo.disable",
    subject: { kind: "installation", id: "demo" },
    after: { people: changed.map((row) => row.id) },
  });
}

/** With the demo turned off nobody gets in by a demo account, nor by its sessions and tokens. */
export const retireDemo = (ctx: Ctx): Promise<void> => setDemoEnabled(ctx, false);

/** What the sign-in page offers while the demo is on; no secret in it. */
export const demoChoices = () => DEMO_ACCOUNTS.map(({ email, name, title }) => ({ email, name, title }));
