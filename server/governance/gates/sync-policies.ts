import { and, desc, eq, isNull } from "drizzle-orm";
import { sql } from "drizzle-orm";
import { policies } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { systemActor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { emit } from "@/server/core/outbox";
import { tell } from "@/server/core/tell";
import { inTransaction } from "@/server/core/verb";
import { enforcementOf, loadBuiltInPolicies, policyDigest, PolicyDocument } from "../cel";

const POLICY_LOCK = 7_203_004;
const SYSTEM = systemActor("").userId;

/** Policies change one after another. */
export const lockPolicies = (tx: Ctx) => tx.db.execute(sql`select pg_advisory_xact_lock(${POLICY_LOCK})`);

export interface SyncedPolicies {
  added: { key: string; version: number; digest: string }[];
}

/**
 * Brings the stored policies to the documents of this release. A document that is stored already is left alone; a changed one
 * becomes the next version and the former is retired, never edited. A release that goes back makes its old version current again.
 * What a person put in force stays in force; its page offers the release's document.
 */
export async function syncBuiltInPolicies(ctx: Ctx): Promise<SyncedPolicies> {
  const builtIn = await loadBuiltInPolicies();
  return inTransaction(ctx, async (tx) => {
    await lockPolicies(tx);
    const added: SyncedPolicies["added"] = [];
    for (const { key, text, document } of builtIn) {
      if (await isPersons(tx, key)) continue;
      const stored = await storePolicy(tx, { key, source: text, document });
      if (stored) added.push(stored);
    }
    return { added };
  });
}

/** Whether a person, not a release, decided which version of a policy is in force. */
async function isPersons(tx: Ctx, key: string): Promise<boolean> {
  const [current] = await tx.db
    .select({ by: policies.activatedBy })
    .from(policies)
    .where(and(eq(policies.key, key), isNull(policies.retiredAt)));
  return current !== undefined && current.by !== null && current.by !== SYSTEM;
}

/**
 * Stores one document as the current version of its key; undefined when it is current already. Whoever must judge again is told by the
 * event, and gateways by their own channel.
 */
export async function storePolicy(
  tx: Ctx,
  {
    key,
    source,
    document,
    reason,
    by = tx.actor.userId,
  }: { key: string; source: string; document: PolicyDocument; reason?: string; by?: string },
): Promise<{ key: string; version: number; digest: string } | undefined> {
  const digest = policyDigest(document);
  const rows = await tx.db
    .select()
    .from(policies)
    .where(eq(policies.key, key))
    .orderBy(desc(policies.version));
  const current = rows.find((row) => row.retiredAt === null);
  if (current?.digest === digest) return undefined;
  if (current) {
    await tx.db
      .update(policies)
      .set({ retiredAt: tx.now() })
      .where(and(eq(policies.id, current.id), isNull(policies.retiredAt)));
  }
  const before = rows.find((row) => row.digest === digest);
  const version = before?.version ?? (rows[0]?.version ?? 0) + 1;
  const id = before?.id ?? newId("policy");
  if (before) {
    await tx.db
      .update(policies)
      .set({ retiredAt: null, activatedAt: tx.now(), activatedBy: by })
      .where(eq(policies.id, before.id));
  } else {
    await tx.db.insert(policies).values({
      id,
      key,
      version,
      digest,
      title: document.metadata.title,
      document,
      source,
      createdBy: tx.actor.userId,
      createdAt: tx.now(),
      activatedAt: tx.now(),
      activatedBy: by,
    });
  }
  await emit(tx, { type: "governance.policy_changed", payload: { key, version, digest } });
  tell(tx.db, "mw_routes", "policies");
  await audit(tx, {
    action: "governance.policy.activate",
    subject: { kind: "policy", id, label: `${key} v${version}` },
    before: current ? { version: current.version, digest: current.digest } : undefined,
    after: { version, digest, ...enforcementOf(document) },
    reason,
  });
  return { key, version, digest };
}

export type PolicyRow = Omit<typeof policies.$inferSelect, "document"> & { document: PolicyDocument };

/** The policies in force for a team, by key. */
export async function activePolicies(ctx: Ctx): Promise<PolicyRow[]> {
  const rows = await ctx.db.select().from(policies).where(isNull(policies.retiredAt)).orderBy(policies.key);
  return rows
    .filter((row) => row.teamId === null || row.teamId === ctx.actor.teamId)
    .map((row) => ({ ...row, document: PolicyDocument.parse(row.document) }));
}
