import { and, asc, gt, isNotNull, isNull } from "drizzle-orm";
import { z } from "zod";
import { auditLog } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import { checkRow, columnsDiffer, GENESIS, type AuditEntryRow, type ChainRow } from "./audit-chain";
import { AUDIT_COLUMNS } from "./audit-parts";

const BATCH = 5_000;
/** A row is sealed within a second or so; one that still waits after this is a finding. */
const SEALED_WITHIN_MS = 5 * 60_000;

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
  /** Sealed rows that hold: all of them for a platform administrator, the team's own for anyone else. */
  checked: number;
  /** Rows, of the same, that are written and wait for their place in the chain; the oldest is from `since`. */
  waiting: { rows: number; since: Date | null };
  /** What is wrong with those that wait: one does not hold in itself, or has waited too long. */
  waitingProblem?: string | undefined;
  durationMs: number;
  /** Hash of the last good row among those: keep it elsewhere, with its number, and a later verification proves that nothing up to it was rewritten or cut off. */
  head: string;
  /** The first row that does not hold, or, when it is another team's, the caller's last row before it. */
  firstBad?: { seq: number; problem: string; foreign: boolean } | undefined;
  /** How the log differs from the head that was kept, although its chain holds in itself. */
  keptProblem?: string | undefined;
}

const ELSEWHERE = "the log does not hold after it, in a row of another team";

/** What the caller may know of the walk over everybody's rows: a team counts its own, so that nothing tells how much others do. */
class View {
  checked = 0;
  head = GENESIS;
  private readonly all: boolean;
  private readonly teamId: string;

  constructor({ actor }: Ctx) {
    this.all = actor.isPlatformAdmin;
    this.teamId = actor.teamId;
  }

  sees = (row: AuditEntryRow) => this.all || row.teamId === this.teamId;

  accept(row: ChainRow): void {
    if (!this.sees(row)) return;
    this.checked += 1;
    this.head = row.hash;
  }

  refuse(row: ChainRow, problem: string): AuditVerdict["firstBad"] {
    if (this.all) return { seq: row.seq, problem, foreign: false };
    if (!this.sees(row)) return { seq: this.checked, problem: ELSEWHERE, foreign: true };
    const told = problem.endsWith("is missing") ? "a row before it is missing" : problem;
    return { seq: this.checked + 1, problem: told, foreign: false };
  }
}

type Waiting = AuditEntryRow & { position: number };

/** Every row that is not sealed yet. Asked before the walk over the sealed ones: a row that is sealed meanwhile is then met there, too. */
async function* waitingRows(ctx: Ctx): AsyncGenerator<Waiting> {
  for (let after = 0; ;) {
    const rows = await ctx.db
      .select(AUDIT_COLUMNS)
      .from(auditLog)
      .where(and(isNull(auditLog.seq), gt(auditLog.position, after)))
      .orderBy(asc(auditLog.position))
      .limit(BATCH);
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < BATCH) return;
    after = last.position;
  }
}

function problemOf(waiting: readonly Waiting[], now: Date): string | undefined {
  const differing = waiting.map(columnsDiffer).find((problem) => problem !== undefined);
  if (differing) return `A row that waits for its place does not hold: ${differing}.`;
  const late = waiting.filter((row) => now.getTime() - row.at.getTime() > SEALED_WITHIN_MS);
  if (late.length === 0) return undefined;
  return `${late.length === 1 ? "A row has" : `${late.length} rows have`} waited for more than ${SEALED_WITHIN_MS / 60_000} minutes. See whether a worker runs: it gives them their places.`;
}

async function* sealedRows(ctx: Ctx): AsyncGenerator<ChainRow & { position: number }> {
  for (let seq = 0; ;) {
    const rows = await ctx.db
      .select({ ...AUDIT_COLUMNS, prevHash: auditLog.prevHash })
      .from(auditLog)
      .where(and(isNotNull(auditLog.seq), gt(auditLog.seq, seq)))
      .orderBy(asc(auditLog.seq))
      .limit(BATCH);
    for (const row of rows)
      yield { ...row, seq: row.seq ?? 0, prevHash: row.prevHash ?? "", hash: row.hash ?? "" };
    if (rows.length < BATCH) return;
    seq = rows.at(-1)?.seq ?? 0;
  }
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
    const now = ctx.now();
    const view = new View(ctx);
    const unsealed = new Map<number, Waiting>();
    for await (const row of waitingRows(ctx)) if (view.sees(row)) unsealed.set(row.position, row);
    // The hash covers the row's place in the log, so it alone says which row was kept, whoever counted it.
    let found = input.keptHash === undefined;
    const compared = (): string | undefined => {
      if (found) return undefined;
      return Number(input.keptSeq) > view.checked
        ? `The log ends before row ${input.keptSeq}, which was kept.`
        : `Row ${input.keptSeq} is not the row that was kept.`;
    };
    const done = (firstBad?: AuditVerdict["firstBad"]): AuditVerdict => {
      const waiting = [...unsealed.values()];
      const keptProblem = firstBad === undefined ? compared() : undefined;
      const waitingProblem = problemOf(waiting, now);
      return {
        ok: (firstBad ?? keptProblem ?? waitingProblem) === undefined,
        checked: view.checked,
        waiting: { rows: waiting.length, since: waiting[0]?.at ?? null },
        waitingProblem,
        durationMs: Math.round(performance.now() - begin),
        head: view.head,
        firstBad,
        keptProblem,
      };
    };
    let previous = { seq: 0, hash: GENESIS };
    for await (const row of sealedRows(ctx)) {
      const problem = checkRow(row, previous);
      if (problem) return done(view.refuse(row, problem));
      previous = row;
      unsealed.delete(row.position);
      view.accept(row);
      found ||= row.hash === input.keptHash;
    }
    return done();
  },
);
