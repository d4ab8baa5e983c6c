import { asc, gt } from "drizzle-orm";
import { z } from "zod";
import { auditLog } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import { checkRow, GENESIS, type ChainRow } from "./audit-chain";
import { AUDIT_COLUMNS } from "./audit-parts";

const BATCH = 5_000;

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
  /** Rows that hold: all of them for a platform administrator, the team's own for anyone else. */
  checked: number;
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

  private sees = (row: ChainRow) => this.all || row.teamId === this.teamId;

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
    const view = new View(ctx);
    let [seq, hash] = [0, GENESIS];
    // The hash covers the row's place in the log, so it alone says which row was kept, whoever counted it.
    let found = input.keptHash === undefined;
    const compared = (): string | undefined => {
      if (found) return undefined;
      return Number(input.keptSeq) > view.checked
        ? `The log ends before row ${input.keptSeq}, which was kept.`
        : `Row ${input.keptSeq} is not the row that was kept.`;
    };
    const done = (firstBad?: AuditVerdict["firstBad"]) => ({
      ok: firstBad === undefined && compared() === undefined,
      checked: view.checked,
      durationMs: Math.round(performance.now() - begin),
      head: view.head,
      firstBad,
      keptProblem: firstBad === undefined ? compared() : undefined,
    });
    for (;;) {
      const rows: ChainRow[] = await ctx.db
        .select({ ...AUDIT_COLUMNS, prevHash: auditLog.prevHash })
        .from(auditLog)
        .where(gt(auditLog.seq, seq))
        .orderBy(asc(auditLog.seq))
        .limit(BATCH);
      for (const row of rows) {
        const problem = checkRow(row, { seq, hash });
        if (problem) return done(view.refuse(row, problem));
        ({ seq, hash } = row);
        view.accept(row);
        found ||= hash === input.keptHash;
      }
      if (rows.length < BATCH) return done();
    }
  },
);
