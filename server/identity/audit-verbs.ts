import { and, asc, desc, eq, gte, gt, isNull, like as sqlLike, lt, or, type SQL } from "drizzle-orm";
import { z } from "zod";
import { auditLog, teams } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, PageInput, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { checkRow, GENESIS, type ChainRow } from "./audit-chain";

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

const COLUMNS = {
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
      .select({ ...COLUMNS, team: teams.name })
      .from(auditLog)
      .leftJoin(teams, eq(teams.id, auditLog.teamId))
      .where(and(auditWhere(ctx, input), after ? lt(auditLog.seq, after[0]) : undefined))
      .orderBy(desc(auditLog.seq))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.seq]);
  },
);

export type AuditRow = Awaited<ReturnType<typeof listAudit.execute>>["items"][number];

const EXPORT_BATCH = 1_000;

/** Yields everything that the filter matches, oldest first, in batches; rows added meanwhile are left out. */
async function* batches(ctx: Ctx, filter: z.output<typeof AuditFilter>): AsyncGenerator<AuditRow[]> {
  const [newest] = await ctx.db
    .select({ seq: auditLog.seq })
    .from(auditLog)
    .orderBy(desc(auditLog.seq))
    .limit(1);
  const end = newest?.seq ?? 0;
  for (let after = 0; ;) {
    const rows = await ctx.db
      .select({ ...COLUMNS, team: teams.name })
      .from(auditLog)
      .leftJoin(teams, eq(teams.id, auditLog.teamId))
      .where(and(auditWhere(ctx, filter), gt(auditLog.seq, after), lt(auditLog.seq, end + 1)))
      .orderBy(asc(auditLog.seq))
      .limit(EXPORT_BATCH);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < EXPORT_BATCH) return;
    after = last.seq;
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

const VERIFY_BATCH = 5_000;

/** A head that an earlier verification gave, kept outside: the chain alone cannot tell that its newest rows were cut off. */
const VerifyAuditInput = z
  .object({
    keptSeq: z.coerce.number().int().min(1).optional(),
    keptHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
      .optional(),
  })
  .refine((kept) => (kept.keptSeq === undefined) === (kept.keptHash === undefined), {
    message: "keptSeq and keptHash go together",
    path: ["keptHash"],
  })
  .optional()
  .default({});

export interface AuditVerdict {
  ok: boolean;
  checked: number;
  durationMs: number;
  /** Hash of the last good row: keep it elsewhere, with its number, and a later verification proves that nothing up to it was rewritten or cut off. */
  head: string;
  firstBad?: { seq: number; problem: string } | undefined;
  /** How the log differs from the head that was kept, although its chain holds in itself. */
  keptProblem?: string | undefined;
}

/**
 * Recomputes the whole chain, across all teams, in batches: each hash from its predecessor and payload, and each column against
 * the payload. Stops at the first row that does not hold.
 */
export const verifyAudit = query(
  {
    name: "identity.audit.verify",
    permission: "identity.audit.verify",
    input: VerifyAuditInput,
    summary: "Recompute the audit log's hash chain and name the first row that does not hold",
  },
  async ({ ctx, input }): Promise<AuditVerdict> => {
    const begin = performance.now();
    let head = GENESIS;
    let seq = 0;
    let foundHash: string | undefined;
    const compared = (): string | undefined => {
      if (input.keptSeq === undefined || foundHash === input.keptHash) return undefined;
      return foundHash === undefined
        ? `The log ends before row ${input.keptSeq}, which was kept.`
        : `Row ${input.keptSeq} is not the row that was kept.`;
    };
    const done = (firstBad?: AuditVerdict["firstBad"]) => ({
      ok: firstBad === undefined && compared() === undefined,
      checked: seq,
      durationMs: Math.round(performance.now() - begin),
      head,
      firstBad,
      keptProblem: firstBad === undefined ? compared() : undefined,
    });
    for (;;) {
      const rows: ChainRow[] = await ctx.db
        .select({ ...COLUMNS, prevHash: auditLog.prevHash })
        .from(auditLog)
        .where(gt(auditLog.seq, seq))
        .orderBy(asc(auditLog.seq))
        .limit(VERIFY_BATCH);
      for (const row of rows) {
        const problem = checkRow(row, { seq, hash: head });
        if (problem) return done({ seq: row.seq, problem });
        seq = row.seq;
        head = row.hash;
        if (seq === input.keptSeq) foundHash = head;
      }
      if (rows.length < VERIFY_BATCH) return done();
    }
  },
);
