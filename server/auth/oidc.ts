import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { users } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { unstorableTextIn } from "@/server/core/unstorable";
import { inTransaction } from "@/server/core/verb";
import { insertPerson } from "./insert-person";
import { recordRefusal, recordSignIn } from "./record-sign-in";
import { SERVICE_EMAIL } from "./rules";
import type { SignedIn } from "./sign-in";

/** Providers hand on what people call themselves: nothing that the database cannot hold. */
const Text = z.string().refine((text) => unstorableTextIn(text) === undefined);

const Claims = z.object({
  sub: Text.min(1).max(255),
  email: z.email().optional(),
  email_verified: z.union([z.boolean(), z.literal("true").transform(() => true)]).optional(),
  name: Text.max(200).optional(),
  preferred_username: Text.max(200).optional(),
});

export type OidcRefusal =
  | "email_not_verified"
  | "account_exists"
  | "service_account"
  | "disabled"
  | "bad_claims";
export type OidcVerdict = { person: SignedIn } | { refusal: OidcRefusal };

const COLUMNS = {
  id: users.id,
  name: users.name,
  email: users.email,
  activeTeamId: users.activeTeamId,
  passwordHash: users.passwordHash,
  oidcSubject: users.oidcSubject,
  disabledAt: users.disabledAt,
  sessionVersion: users.sessionVersion,
};

export async function personOfSubject(db: Db, issuer: string, subject: string) {
  const [row] = await db
    .select(COLUMNS)
    .from(users)
    .where(and(eq(users.oidcIssuer, issuer), eq(users.oidcSubject, subject)));
  return row;
}

/**
 * Lets in the person of an issuer's subject. A subject seen for the first time is linked to the account that an administrator
 * made for its verified address, unless that account has a password or another subject; otherwise a person without team is made.
 */
export async function signInByOidc(db: Db, issuer: string, profile: unknown): Promise<OidcVerdict> {
  const parsed = Claims.safeParse(profile);
  if (!parsed.success) return refuse(db, "(unknown)", "bad_claims");
  const claims = parsed.data;
  const known = await personOfSubject(db, issuer, claims.sub);
  if (known) return known.disabledAt ? refuse(db, known.email, "disabled") : admit(db, known);
  if (!claims.email || claims.email_verified !== true)
    return refuse(db, claims.email ?? "(none)", "email_not_verified");
  const email = claims.email.toLowerCase();
  // It has no password and no subject of its own, and administers the platform: nobody may become it.
  if (email === SERVICE_EMAIL) return refuse(db, email, "service_account");
  const linked = await linkOrCreate(db, issuer, { ...claims, email });
  return typeof linked === "string" ? refuse(db, claims.email, linked) : admit(db, linked);
}

async function refuse(db: Db, email: string, refusal: OidcRefusal): Promise<OidcVerdict> {
  await recordRefusal(db, email, "oidc", refusal);
  return { refusal };
}

async function admit(db: Db, person: SignedIn & { activeTeamId: string | null }): Promise<OidcVerdict> {
  await db.update(users).set({ lastSeenAt: new Date() }).where(eq(users.id, person.id));
  await recordSignIn(db, person, "oidc");
  return { person };
}

function linkOrCreate(db: Db, issuer: string, claims: z.output<typeof Claims> & { email: string }) {
  return inTransaction(createCtx({ actor: systemActor(""), db }), async (tx) => {
    const [same] = await tx.db
      .select(COLUMNS)
      .from(users)
      .where(eq(sql`lower(${users.email})`, claims.email));
    if (!same) {
      const person = await insertPerson(tx, {
        email: claims.email,
        name: claims.name ?? claims.preferred_username ?? claims.email,
        passwordHash: null,
        oidcIssuer: issuer,
        oidcSubject: claims.sub,
      });
      return { ...person, sessionVersion: 1, activeTeamId: null };
    }
    if (same.disabledAt) return "disabled" as const;
    if (same.passwordHash !== null || same.oidcSubject !== null) return "account_exists" as const;
    const [linked] = await tx.db
      .update(users)
      .set({ oidcIssuer: issuer, oidcSubject: claims.sub })
      .where(and(eq(users.id, same.id), isNull(users.oidcSubject)))
      .returning(COLUMNS);
    if (!linked) return "account_exists" as const;
    await audit(tx, {
      action: "identity.person.link",
      subject: { kind: "person", id: linked.id, label: linked.email },
      after: { issuer, subject: claims.sub },
    });
    return linked;
  });
}
