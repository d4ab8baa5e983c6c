import { and, asc, eq } from "drizzle-orm";
import { endpointCredentials } from "@/db/schema";
import { people } from "@/server/identity";
import { secretKeys } from "@/server/composition";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { invalidField, notFound, precondition } from "@/server/core/errors";
import { groupBy } from "@/server/core/group-by";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation, NoInput, query } from "@/server/core/verb";
import { CredentialInput, SetCredentialInput } from "./schemas";
import { credentialRow, credentialUses, sealSecret } from "./store";
import { credentialsTopic } from "../kinds";

const subject = (row: { id: string; name: string }) => ({
  kind: "endpoint_credential",
  id: row.id,
  label: row.name,
});

/** Everything but the secret. */
const SHOWN = {
  name: endpointCredentials.name,
  kind: endpointCredentials.kind,
  hosts: endpointCredentials.hosts,
  updatedAt: endpointCredentials.updatedAt,
};

export const listCredentials = query(
  {
    name: "registry.credential.list",
    permission: "registry.credential.read",
    input: NoInput,
    summary: "Credentials of the team for external endpoints, without their secrets",
  },
  async ({ ctx }) => {
    const rows = await ctx.db
      .select({ ...SHOWN, updatedBy: people.name })
      .from(endpointCredentials)
      .leftJoin(people, eq(people.id, endpointCredentials.updatedBy))
      .where(eq(endpointCredentials.teamId, ctx.actor.teamId))
      .orderBy(asc(endpointCredentials.name))
      .limit(500);
    const uses = groupBy(await credentialUses(ctx.db, ctx.actor.teamId), ({ credential }) => credential);
    return { items: rows.map((row) => ({ ...row, usedBy: uses.get(row.name) ?? [] })) };
  },
);

const tell = (ctx: Ctx) => notifyLive(ctx.db, ctx.actor.teamId, credentialsTopic);

/** Stores a credential, or replaces the one of that name: what runs takes it up within seconds. */
export const setCredential = mutation(
  {
    name: "registry.credential.set",
    permission: "registry.credential.write",
    input: SetCredentialInput,
    summary: "Store a credential for external endpoints, or replace it",
  },
  async ({ ctx, input }) => {
    const { name, kind, hosts, header, user, value, isNew } = input;
    const before = await credentialRow(ctx.db, ctx.actor.teamId, name);
    const row = { teamId: ctx.actor.teamId, name };
    const id = before?.id ?? newId("credential");
    const facts = {
      kind,
      hosts,
      ...sealSecret(await secretKeys(), { header, user, value }, row),
      updatedBy: ctx.actor.userId,
      updatedAt: ctx.now(),
    };
    const target = [endpointCredentials.teamId, endpointCredentials.name];
    const insert = ctx.db
      .insert(endpointCredentials)
      .values({ id, ...row, ...facts, createdBy: ctx.actor.userId, createdAt: ctx.now() });
    const written = await (
      isNew ? insert.onConflictDoNothing({ target }) : insert.onConflictDoUpdate({ target, set: facts })
    ).returning({ id: endpointCredentials.id });
    if (written.length === 0)
      throw invalidField(
        "name",
        "is taken by another credential of the team",
        "Choose another name, or press Replace on the one that has it.",
      );
    await tell(ctx);
    await audit(ctx, {
      action: "registry.credential.set",
      subject: subject({ id, name }),
      before: before && { kind: before.kind, hosts: before.hosts },
      after: { kind, hosts },
    });
    return { name, kind, hosts, updatedAt: facts.updatedAt };
  },
);

/** Refused while a deployment needs it. */
export const deleteCredential = mutation(
  {
    name: "registry.credential.delete",
    permission: "registry.credential.write",
    input: CredentialInput,
    summary: "Delete a credential for external endpoints",
  },
  async ({ ctx, input }) => {
    const row = await credentialRow(ctx.db, ctx.actor.teamId, input.name);
    if (!row) throw notFound("credential", input.name);
    const all = await credentialUses(ctx.db, ctx.actor.teamId);
    const uses = all.filter(({ credential }) => credential === row.name);
    if (uses.length > 0) {
      const named = uses.map(
        ({ model, number, deployment }) => `${model} v${number} (deployment ${deployment})`,
      );
      throw precondition(
        `The credential ${row.name} is in use: ${named.join(", ")}.`,
        "Move these deployments to versions that do not need it, or replace its value instead.",
        { uses },
      );
    }
    await ctx.db
      .delete(endpointCredentials)
      .where(and(eq(endpointCredentials.id, row.id), eq(endpointCredentials.teamId, ctx.actor.teamId)));
    await tell(ctx);
    await audit(ctx, {
      action: "registry.credential.delete",
      subject: subject(row),
      before: { kind: row.kind, hosts: row.hosts },
    });
    return {};
  },
);
