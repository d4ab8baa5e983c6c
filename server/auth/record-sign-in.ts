import type { Db } from "@/db/client";
import { systemActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";

export interface SignInPerson {
  id: string;
  name: string;
  email: string;
  activeTeamId: string | null;
}

export type SignInMethod = "password" | "oidc";

/** Writes the audit row of a sign-in that worked; the person is the actor. */
export async function recordSignIn(db: Db, person: SignInPerson, method: SignInMethod): Promise<void> {
  const actor = {
    ...systemActor(person.activeTeamId ?? "", person.name),
    kind: "user" as const,
    userId: person.id,
  };
  await inTransaction(createCtx({ actor, db }), (tx) =>
    audit(tx, {
      action: "identity.session.sign_in",
      subject: { kind: "person", id: person.id, label: person.email },
      after: { method },
    }),
  );
}

const ADDRESS = /^[^\s@]{1,64}@[^\s@]{1,190}$/;

/** Writes the audit row of a refused sign-in. What was typed is kept only when it is an address: it may be a password. */
export async function recordRefusal(
  db: Db,
  typed: string,
  method: SignInMethod,
  reason: string,
): Promise<void> {
  const account = ADDRESS.test(typed) ? typed : "(not an address)";
  await inTransaction(createCtx({ actor: systemActor(""), db }), (tx) =>
    audit(tx, {
      action: "identity.session.sign_in_refused",
      subject: { kind: "account", id: account },
      after: { method },
      reason,
    }),
  );
}
