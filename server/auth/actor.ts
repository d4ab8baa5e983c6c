import { and, eq, isNull, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { apiTokens, memberships, sessions, teams, users } from "@/db/schema";
import { TEAM_ROLES, TOKEN_SCOPES, type Actor } from "@/server/core/actor";
import { AppError } from "@/server/core/errors";
import { MicroBatch } from "@/server/core/micro-batch";
import type { SessionClaims } from "./sessions";
import { tokenHash } from "./token-format";

const Role = z.enum(TEAM_ROLES);
const Scopes = z.array(z.enum(TOKEN_SCOPES));

const badToken = () =>
  new AppError("unauthenticated", "This API token is not valid.", {
    hint: "It may be mistyped, expired or revoked. Make a new one under Settings, API tokens.",
  });

const isOpen = (id: string) =>
  sql`exists (select 1 from ${sessions} where ${sessions.id} = ${id} and ${sessions.userId} = "users"."id" and ${sessions.endedAt} is null and ${sessions.expiresAt} > now())`;

/** The person of a session, with the role they hold now; undefined when the session has ended, by whatever way. */
export async function actorOfSession(db: Db, claims: SessionClaims): Promise<Actor | undefined> {
  const actor = await actorOfUser(db, claims.userId, claims.sessionVersion, isOpen(claims.sessionId));
  return actor && { ...actor, sessionId: claims.sessionId };
}

/** A person who acts without a browser, such as a demo account; `session` narrows it to a cookie's. */
export async function actorOfUser(
  db: Db,
  userId: string,
  sessionVersion: number,
  session?: SQL,
): Promise<Actor | undefined> {
  const rows = await db
    .select({
      name: users.name,
      sessionVersion: users.sessionVersion,
      isPlatformAdmin: users.isPlatformAdmin,
      activeTeamId: users.activeTeamId,
      teamId: memberships.teamId,
      role: memberships.role,
      slug: teams.slug,
    })
    .from(users)
    .leftJoin(memberships, eq(memberships.userId, users.id))
    .leftJoin(teams, eq(teams.id, memberships.teamId))
    .where(and(eq(users.id, userId), isNull(users.disabledAt), session))
    .orderBy(memberships.createdAt);
  const first = rows[0];
  if (!first || first.sessionVersion !== sessionVersion) return undefined;
  const member = rows.find((row) => row.teamId === first.activeTeamId) ?? first;
  const foreign = first.isPlatformAdmin && first.activeTeamId && member.teamId !== first.activeTeamId;
  const team = foreign ? await teamOf(db, first.activeTeamId ?? "") : undefined;
  return {
    kind: "user",
    userId,
    name: first.name,
    teamId: team?.id ?? member.teamId ?? "",
    teamSlug: team?.slug ?? member.slug ?? "",
    role: team ? undefined : member.role ? Role.parse(member.role) : undefined,
    isPlatformAdmin: first.isPlatformAdmin,
  };
}

async function teamOf(db: Db, teamId: string) {
  const [team] = await db.select({ id: teams.id, slug: teams.slug }).from(teams).where(eq(teams.id, teamId));
  return team;
}

const TOUCH_EVERY_MS = 60_000;

function prepareTokenLookup(db: Db) {
  return db
    .select({
      hash: apiTokens.hash,
      id: apiTokens.id,
      scopes: apiTokens.scopes,
      jobId: apiTokens.jobId,
      expiresAt: apiTokens.expiresAt,
      revokedAt: apiTokens.revokedAt,
      lastUsedAt: apiTokens.lastUsedAt,
      teamId: apiTokens.teamId,
      slug: teams.slug,
      userId: users.id,
      name: users.name,
      disabledAt: users.disabledAt,
      isPlatformAdmin: users.isPlatformAdmin,
      role: memberships.role,
    })
    .from(apiTokens)
    .innerJoin(users, eq(users.id, apiTokens.userId))
    .innerJoin(teams, eq(teams.id, apiTokens.teamId))
    .leftJoin(memberships, and(eq(memberships.userId, users.id), eq(memberships.teamId, apiTokens.teamId)))
    .where(sql`${apiTokens.hash} = any(${sql.placeholder("hashes")}::text[])`)
    .prepare("tokens_by_hash");
}
type TokenRow = Awaited<ReturnType<ReturnType<typeof prepareTokenLookup>["execute"]>>[number];

const lookups = new WeakMap<Db, MicroBatch<string, TokenRow | undefined>>();

/**
 * Reads a token's row. Requests of the same moment share one statement; each is answered by a statement that began after it came, so
 * a revoked token stops at once.
 */
function tokenRow(db: Db, hash: string): Promise<TokenRow | undefined> {
  let lookup = lookups.get(db);
  if (!lookup) {
    const prepared = prepareTokenLookup(db);
    lookup = new MicroBatch<string, TokenRow | undefined>({
      run: async (hashes) => {
        const rows = await prepared.execute({ hashes: [...new Set(hashes)] });
        const byHash = new Map(rows.map((row) => [row.hash, row]));
        return hashes.map((each) => byHash.get(each));
      },
      keyOf: (each) => each,
      maxSize: 500,
      maxInFlight: 4,
      isItemFault: () => false,
    });
    lookups.set(db, lookup);
  }
  return lookup.add(hash);
}

/**
 * The actor of an API token: its owner's role in the token's team, narrowed by the token's scopes.
 * @throws AppError `unauthenticated` for a malformed, unknown, expired or revoked token.
 */
export async function actorOfToken(db: Db, token: string, now: Date): Promise<Actor> {
  // A bootstrap token is whatever the operator chose: the length alone can refuse without a look-up.
  if (token.length < 24) throw badToken();
  const row = await tokenRow(db, tokenHash(token));
  if (!row || row.revokedAt || row.disabledAt || row.expiresAt <= now) throw badToken();
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > TOUCH_EVERY_MS) {
    await db
      .update(apiTokens)
      .set({ lastUsedAt: sql`now()` })
      .where(eq(apiTokens.id, row.id));
  }
  return {
    kind: "token",
    userId: row.userId,
    name: row.name,
    teamId: row.teamId,
    teamSlug: row.slug,
    role: row.role ? Role.parse(row.role) : undefined,
    isPlatformAdmin: row.isPlatformAdmin,
    tokenId: row.id,
    scopes: Scopes.parse(row.scopes),
    jobId: row.jobId ?? undefined,
  };
}
