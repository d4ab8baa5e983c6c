import { and, asc, desc, eq, gt, lt } from "drizzle-orm";
import { z } from "zod";
import { auditLog, teams } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import type { listAudit } from "./list-audit";
import { AUDIT_COLUMNS, AuditFilter, auditWhere, numbered } from "./audit-parts";

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
