import { and, asc, eq, isNull, ne } from "drizzle-orm";
import { apiTokens, memberships, teams, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { tokenHash, tokenPrefix } from "@/server/auth/token-format";
import { SERVICE_EMAIL, SERVICE_NAME } from "@/server/auth/rules";
import { insertPerson } from "@/server/auth/insert-person";
import { insertTeam } from "./team-store";

const DAYS = 365;

async function servicePerson(ctx: Ctx, teamId: string): Promise<string> {
  const [known] = await ctx.db.select({ id: users.id }).from(users).where(eq(users.email, SERVICE_EMAIL));
  if (known) {
    // Made before its name said what it is.
    await ctx.db.update(users).set({ name: SERVICE_NAME }).where(eq(users.id, known.id));
    return known.id;
  }
  const person = await insertPerson(ctx, {
    email: SERVICE_EMAIL,
    name: SERVICE_NAME,
    passwordHash: null,
    isPlatformAdmin: true,
    activeTeamId: teamId,
  });
  await ctx.db.insert(memberships).values({ teamId, userId: person.id, role: "admin", createdAt: ctx.now() });
  return person.id;
}

/** The administrator's token of MODELWORKS_BOOTSTRAP_TOKEN, valid for a year from each start; a changed value ends the old one. */
export async function ensureBootstrapToken(ctx: Ctx, token: string): Promise<void> {
  const [oldest] = await ctx.db
    .select({ id: teams.id })
    .from(teams)
    .orderBy(asc(teams.createdAt), asc(teams.id))
    .limit(1);
  const team = oldest ?? (await insertTeam(ctx, { slug: "main", name: "Main" }));
  const userId = await servicePerson(ctx, team.id);
  const hash = tokenHash(token);
  const expiresAt = new Date(ctx.now().getTime() + DAYS * 86_400_000);
  await ctx.db
    .update(apiTokens)
    .set({ revokedAt: ctx.now() })
    .where(and(eq(apiTokens.userId, userId), ne(apiTokens.hash, hash), isNull(apiTokens.revokedAt)));
  const renewed = await ctx.db
    .update(apiTokens)
    .set({ expiresAt, revokedAt: null })
    .where(eq(apiTokens.hash, hash))
    .returning({ id: apiTokens.id });
  if (renewed.length > 0) return;
  const id = newId("token");
  await ctx.db.insert(apiTokens).values({
    id,
    teamId: team.id,
    userId,
    name: "Bootstrap",
    // Enough to recognize ours; a value that someone chose is not shown in part.
    prefix: token.startsWith("mw_") ? tokenPrefix(token) : "(given)",
    hash,
    scopes: ["admin", "infer"],
    createdAt: ctx.now(),
    expiresAt,
  });
  await audit(ctx, {
    action: "identity.token.create",
    subject: { kind: "token", id, label: "Bootstrap" },
    after: { name: "Bootstrap", scopes: ["admin", "infer"], expiresAt },
    reason: "MODELWORKS_BOOTSTRAP_TOKEN is set",
    teamId: team.id,
  });
}
