import { auditLog } from "@/db/schema/core";
import { canonicalJson } from "./canonical-json";
import type { Ctx } from "./context";
import { tell } from "./tell";

export interface AuditEntry {
  action: string;
  subject: { kind: string; id: string; label?: string | undefined };
  before?: unknown;
  after?: unknown;
  reason?: string | undefined;
  teamId?: string | undefined;
}

const SECRET_KEY = /password|secret|token$|hash$|authorization|cookie|api_?key/i;

/** Copies a value without anything that looks like a secret. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SECRET_KEY.test(key) ? "[redacted]" : withoutSecrets(item),
    ]),
  );
}

/**
 * Appends to the audit log in the caller's transaction, under no lock. The worker's sealer gives the row its place in the hash chain soon after
 * the commit; until then the row stands, waits, and cannot be changed either (db/sql/10-audit.sql).
 */
export async function audit(ctx: Ctx, entry: AuditEntry): Promise<void> {
  // One reading of the clock: verification compares the column with the payload.
  const at = ctx.now();
  const payload = canonicalJson({
    at: at.toISOString(),
    teamId: entry.teamId ?? (ctx.actor.teamId || null),
    actor: {
      kind: ctx.actor.kind,
      id: ctx.actor.userId,
      name: ctx.actor.name,
      tokenId: ctx.actor.tokenId ?? null,
      jobId: ctx.actor.jobId ?? null,
    },
    action: entry.action,
    subject: entry.subject,
    before: withoutSecrets(entry.before) ?? null,
    after: withoutSecrets(entry.after) ?? null,
    reason: entry.reason ?? null,
    requestId: ctx.requestId,
  });
  await ctx.db.insert(auditLog).values({
    at,
    teamId: entry.teamId ?? (ctx.actor.teamId || null),
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.userId,
    actorName: ctx.actor.name,
    action: entry.action,
    subjectKind: entry.subject.kind,
    subjectId: entry.subject.id,
    payload,
  });
  tell(ctx.db, "mw_audit", "");
  ctx.trail.audited += 1;
}
