import { and, asc, desc, eq, gte, gt, isNull, like as sqlLike, lt, or, type SQL } from "drizzle-orm";
import { z } from "zod";
import { auditLog, teams } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, PageInput, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";

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
const ListAuditInput = PageInput.extend(AuditFilter.shape);

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
function numbered<R extends { position: number; seq: number | null; hash: string | null }>(ctx: Ctx, row: R) {
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

export const listAudit = query(
  {
    name: "identity.audit.list",
    permission: "identity.audit.read",
    input: ListAuditInput,
    summary: "What was done, newest first, by actor, action, subject and time",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.number()]));
    const rows = await ctx.db
      .select({ ...AUDIT_COLUMNS, team: teams.name })
      .from(auditLog)
      .leftJoin(teams, eq(teams.id, auditLog.teamId))
      .where(and(auditWhere(ctx, input), after ? lt(auditLog.position, after[0]) : undefined))
      .orderBy(desc(auditLog.position))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.position]);
    return { ...page, items: page.items.map((row) => numbered(ctx, row)) };
  },
);

export type AuditRow = Awaited<ReturnType<typeof listAudit.execute>>["items"][number];

const EXPORT_BATCH = 1_000;

/** Yields everything that the filter matches, oldest first, in batches; rows added meanwhile are left out. */
async function* batches(ctx: Ctx, filter: z.output<typeof AuditFilter>): AsyncGenerator<AuditRow[]> {
  const [newest] = await ctx.db
    .select({ position: auditLog.position })
    .from(auditLog)
    .orderBy(desc(auditLog.position))
    .limit(1);
  const end = newest?.position ?? 0;
  for (let after = 0; ;) {
    const rows = await ctx.db
      .select({ ...AUDIT_COLUMNS, team: teams.name })
      .from(auditLog)
      .leftJoin(teams, eq(teams.id, auditLog.teamId))
      .where(and(auditWhere(ctx, filter), gt(auditLog.position, after), lt(auditLog.position, end + 1)))
      .orderBy(asc(auditLog.position))
      .limit(EXPORT_BATCH);
    if (rows.length > 0) yield rows.map((row) => numbered(ctx, row));
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_BATCH) return;
    after = last.position;
  }
}

export const exportAudit = query(
  {
    name: "identity.audit.export",
    permission: "identity.audit.read",
    input: AuditFilter.extend({ format: z.enum(["csv", "ndjson", "json"]).default("ndjson") }),
    summary: "Stream everything that the filter matches as CSV or NDJSON",
  },
  async ({ ctx, input }) => ({ format: input.format, batches: batches(ctx, input) }),
);
