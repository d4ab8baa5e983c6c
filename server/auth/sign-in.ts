import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { users } from "@/db/schema";
import { firstCharacters } from "@/server/core/characters";
import { log } from "@/server/core/log";
import { storableText } from "@/server/core/unstorable";
import { MAX_PASSWORD_LENGTH } from "./rules";
import { verifyPassword } from "./password";
import { recordRefusal, recordSignIn } from "./record-sign-in";
import { returnSignInTries, takeSignInTry, type SignInTry } from "./sign-in-limit";

export interface SignedIn {
  id: string;
  name: string;
  email: string;
  sessionVersion: number;
}

export type PasswordVerdict =
  | { outcome: "signed_in"; person: SignedIn }
  | { outcome: "refused" }
  | { outcome: "wait"; seconds: number }
  | { outcome: "unavailable" };

async function judge(db: Db, tried: SignInTry, password: string): Promise<PasswordVerdict> {
  const email = tried.account;
  const seconds = await takeSignInTry(tried);
  if (seconds !== undefined) return { outcome: "wait", seconds };
  const [row] = await db
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      activeTeamId: users.activeTeamId,
      passwordHash: users.passwordHash,
      sessionVersion: users.sessionVersion,
    })
    .from(users)
    .where(and(eq(sql`lower(${users.email})`, email), isNull(users.disabledAt)));
  // An unknown account costs the same time as a wrong password.
  const right = await verifyPassword(password, row?.passwordHash ?? null);
  if (!row || !right) {
    await recordRefusal(db, email, "password", "wrong account or password");
    return { outcome: "refused" };
  }
  await returnSignInTries(tried);
  await db.update(users).set({ lastSeenAt: new Date() }).where(eq(users.id, row.id));
  await recordSignIn(db, row, "password");
  return { outcome: "signed_in", person: row };
}

/** An address as tries are counted by it; what no text of the database can hold is nobody's. */
export const accountOf = (email: string): string =>
  storableText(firstCharacters(email.trim().toLowerCase(), 254));

/** Judges an email address and a password. Never throws: what cannot be judged is not let in. */
export async function signInByPassword(
  db: Db,
  given: { email: string; password: string; address: string; device?: string | undefined },
): Promise<PasswordVerdict> {
  try {
    const tried = { account: accountOf(given.email), address: given.address, device: given.device };
    return await judge(db, tried, firstCharacters(given.password, MAX_PASSWORD_LENGTH));
  } catch (error) {
    log.error({ err: error }, "a sign-in could not be judged");
    return { outcome: "unavailable" };
  }
}
