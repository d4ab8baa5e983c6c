import { and, desc, eq, lt } from "drizzle-orm";
import { z } from "zod";
import { auditLog, teams } from "@/db/schema";
import { PageInput, decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { AUDIT_COLUMNS, AuditFilter, auditWhere, numbered } from "./audit-parts";

const ListAuditInput = PageInput.extend(AuditFilter.shape);

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
