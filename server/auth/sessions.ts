import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { sessions, users } from "@/db/schema";
import { firstCharacters } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import { systemActor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import type { SignInMethod } from "./record-sign-in";

/** Absolute: a session is never prolonged. */
export const SESSION_SECONDS = 12 * 3600;
/** What a session's row knows beyond the audit log, the browser's name, is kept as long, for those who ask "was that me?". */
const KEEP_DAYS = 30;

/** What a session cookie claims; whether it holds is asked of the database on each request. */
export interface SessionClaims {
  userId: string;
  sessionVersion: number;
  sessionId: string;
}

/** Opens a session of a person who has just proved who they are, and forgets everybody's of long ago. Returns its id. */
export async function openSession(
  db: Db,
  opened: { userId: string; method: SignInMethod; userAgent: string },
): Promise<string> {
  const id = newId("session");
  await db.delete(sessions).where(lt(sessions.expiresAt, sql`now() - make_interval(days => ${KEEP_DAYS})`));
  await db.insert(sessions).values({
    id,
    userId: opened.userId,
    method: opened.method,
    userAgent: firstCharacters(opened.userAgent, 300),
    expiresAt: sql`now() + make_interval(secs => ${SESSION_SECONDS})`,
  });
  return id;
}

/** Ends the session of a cookie that its person signs out with: every copy of the cookie is worthless from here on. */
export async function signOutOf(db: Db, claims: SessionClaims): Promise<void> {
  const [person] = await db
    .select({ id: users.id, name: users.name, email: users.email, activeTeamId: users.activeTeamId })
    .from(users)
    .where(eq(users.id, claims.userId));
  if (!person) return;
  const actor = {
    ...systemActor(person.activeTeamId ?? "", person.name),
    kind: "user" as const,
    userId: person.id,
  };
  await inTransaction(createCtx({ actor, db }), async (tx) => {
    const ended = await tx.db
      .update(sessions)
      .set({ endedAt: tx.now() })
      .where(and(eq(sessions.id, claims.sessionId), eq(sessions.userId, person.id), isNull(sessions.endedAt)))
      .returning({ id: sessions.id });
    if (ended.length === 0) return;
    await audit(tx, {
      action: "identity.session.sign_out",
      subject: { kind: "person", id: person.id, label: person.email },
    });
  });
}
