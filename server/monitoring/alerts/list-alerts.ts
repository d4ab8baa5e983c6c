import { and, count, desc, eq, ilike, inArray, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { z } from "zod";
import { alerts } from "@/db/schema";
import { readableDeployments, readableDeploymentsAs } from "@/server/serving";
import { people, peopleAs } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { historyOf } from "./alert-history";
import { runbookOf } from "./rules";
import { ListAlertsInput } from "../schemas";
import { openSilences, silenceOf } from "./silences";

const OPEN = ["firing", "acknowledged"];

const like = (q: string) => `%${q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

function where(
  ctx: Ctx,
  filter: { state: string; q: string; deployment?: string | undefined },
): SQL | undefined {
  const { teamId } = ctx.actor;
  return and(
    eq(alerts.teamId, teamId),
    filter.deployment
      ? inArray(
          alerts.subjectId,
          ctx.db
            .select({ id: readableDeployments.id })
            .from(readableDeployments)
            .where(
              and(eq(readableDeployments.teamId, teamId), eq(readableDeployments.name, filter.deployment)),
            ),
        )
      : undefined,
    filter.state === "open" ? inArray(alerts.state, OPEN) : eq(alerts.state, filter.state),
    filter.q ? or(ilike(alerts.title, like(filter.q)), ilike(alerts.body, like(filter.q))) : undefined,
  );
}

export const listAlerts = query(
  {
    name: "monitoring.alert.list",
    permission: "monitoring.alert.read",
    input: ListAlertsInput,
    summary: "Alerts of the team with their history, newest first",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.string()]));
    const filter = where(ctx, input);
    const all = ctx.db.select({ n: count() }).from(alerts).where(filter);
    const rows = await ctx.db
      .select({
        id: alerts.id,
        kind: alerts.kind,
        severity: alerts.severity,
        fingerprint: alerts.fingerprint,
        ownerName: sql<string | null>`(select u.name from ${peopleAs("u")} where u.id = ${alerts.ownerId})`,
        title: alerts.title,
        body: alerts.body,
        href: alerts.href,
        subjectKind: alerts.subjectKind,
        subjectId: alerts.subjectId,
        subjectName: sql<
          string | null
        >`(select d.name from ${readableDeploymentsAs("d")} where d.id = ${alerts.subjectId} and d.team_id = ${alerts.teamId})`,
        state: alerts.state,
        acknowledgedBy: people.name,
        startedAt: alerts.startedAt,
        resolvedAt: alerts.resolvedAt,
        total: sql<number>`(${all})::int`,
        sortKey: sql<string>`to_char(${alerts.startedAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      })
      .from(alerts)
      .leftJoin(people, eq(people.id, alerts.acknowledgedBy))
      .where(
        and(
          filter,
          after
            ? sql`(${alerts.startedAt}, ${alerts.id}) < (${after[0]}::timestamptz, ${after[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(alerts.startedAt), desc(alerts.id))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.sortKey, row.id]);
    const history = await historyOf(
      ctx,
      page.items.map((row) => row.id),
    );
    const silences = await openSilences(ctx);
    // Behind the last page no row can say how many there are.
    const [counted] = rows.length === 0 && after ? await all : [];
    return {
      nextCursor: page.nextCursor,
      total: rows[0]?.total ?? counted?.n ?? 0,
      items: page.items.map(({ total: _same, ...row }) => ({
        ...row,
        runbook: runbookOf(row.kind),
        silencedUntil: row.state === "resolved" ? null : (silenceOf(silences, row)?.endsAt ?? null),
        history: history.filter((entry) => entry.alertId === row.id),
      })),
    };
  },
);
