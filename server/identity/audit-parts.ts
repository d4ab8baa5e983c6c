import { and, eq, gte, isNull, like as sqlLike, lt, or } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { z } from "zod";
import { auditLog } from "@/db/schema";
import type { Ctx } from "@/server/core/context";

const word = z.string().trim().max(200).optional();

const time = z.coerce.date().optional();

export const AuditFilter = z.object({
  /** Id or exact name of who acted. */
  actor: word,
  /** An action, or the beginning of one: `registry.` */
  action: word,
  subjectKind: word,
  subjectId: word,
  from: time,
  to: time,
});

export const AUDIT_COLUMNS = {
  position: auditLog.position,
  id: auditLog.id,
  seq: auditLog.seq,
  at: auditLog.at,
  teamId: auditLog.teamId,
  actorKind: auditLog.actorKind,
  actorId: auditLog.actorId,
  actorName: auditLog.actorName,
  action: auditLog.action,
  subjectKind: auditLog.subjectKind,
  subjectId: auditLog.subjectId,
  payload: auditLog.payload,
  hash: auditLog.hash,
};

const startsWith = (text: string) => `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** What the platform's own people answer for, in whichever team it happened: people, roles and tokens, quotas, background work. */
const ADMINISTRATION = ["identity.", "compute.quota.", "compute.gpu_flavor.", "platform."];

/**
 * A team's rows. A platform administrator also reads those that belong to no team, such as refused sign-ins, and what was
 * administered in any team; the work of other teams stays theirs.
 */
function visible(ctx: Ctx): SQL | undefined {
  const own = eq(auditLog.teamId, ctx.actor.teamId);
  if (!ctx.actor.isPlatformAdmin) return own;
  const administered = ADMINISTRATION.map((area) => sqlLike(auditLog.action, startsWith(area)));
  return or(own, isNull(auditLog.teamId), ...administered);
}

/** A row's place in the whole log, and the distance between two of a team's rows, would tell what other teams do. */
export function numbered<R extends { position: number; seq: number | null; hash: string | null }>(
  ctx: Ctx,
  row: R,
) {
  const { position: _, ...told } = row;
  return { ...told, seq: ctx.actor.isPlatformAdmin ? row.seq : null, isSealed: row.hash !== null };
}

export function auditWhere(ctx: Ctx, filter: z.output<typeof AuditFilter>): SQL | undefined {
  return and(
    visible(ctx),
    filter.actor ? or(eq(auditLog.actorId, filter.actor), eq(auditLog.actorName, filter.actor)) : undefined,
    filter.action ? sqlLike(auditLog.action, startsWith(filter.action)) : undefined,
    filter.subjectKind ? eq(auditLog.subjectKind, filter.subjectKind) : undefined,
    filter.subjectId ? eq(auditLog.subjectId, filter.subjectId) : undefined,
    filter.from ? gte(auditLog.at, filter.from) : undefined,
    filter.to ? lt(auditLog.at, filter.to) : undefined,
  );
}
