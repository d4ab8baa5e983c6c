import { users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";

interface NewPerson {
  email: string;
  name: string;
  passwordHash: string | null;
  isPlatformAdmin?: boolean;
  isDemo?: boolean;
  activeTeamId?: string;
  oidcIssuer?: string;
  oidcSubject?: string;
}

/** Adds a person. The caller holds a transaction and has checked that the address is free. */
export async function insertPerson(ctx: Ctx, person: NewPerson) {
  const id = newId("user");
  const row = { id, ...person, email: person.email.toLowerCase(), createdAt: ctx.now() };
  await ctx.db.insert(users).values(row);
  await audit(ctx, {
    action: "identity.person.create",
    subject: { kind: "person", id, label: row.email },
    after: {
      email: row.email,
      name: row.name,
      isPlatformAdmin: row.isPlatformAdmin ?? false,
      isDemo: row.isDemo ?? false,
    },
    teamId: person.activeTeamId,
  });
  return row;
}
