import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { ERROR_WINDOW_SECONDS, errorVerdict } from "./rules";
import { raiseAlert, resolveAlerts } from "./raise-alert";

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  requests: number;
  errors: number;
  is_firing: boolean;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

/** Looks at the last five minutes of every deployment with traffic or an open alert of this kind. */
export async function watchErrors(db: Db, now: Date, actingFor: (teamId: string) => Ctx): Promise<void> {
  const since = Math.floor(now.getTime() / 1000) - ERROR_WINDOW_SECONDS;
  const { rows } = await db.execute<Row>(sql`
    select d.id, d.team_id, d.name, d.owner_id, coalesce(t.requests, 0)::int as requests, coalesce(t.errors, 0)::int as errors,
      exists (select 1 from alerts a where a.team_id = d.team_id and a.kind = 'errors' and a.subject_id = d.id and a.state <> 'resolved') as is_firing
    from deployments d
    left join lateral (select sum(requests) as requests, sum(errors) as errors from traffic_seconds
      where deployment_id = d.id and second >= ${since}) t on true
    where d.retired_at is null`);
  for (const row of rows) {
    const verdict = errorVerdict(row);
    if (verdict === "failing") {
      await raiseAlert(actingFor(row.team_id), {
        fingerprint: `errors:${row.id}`,
        kind: "errors",
        severity: "critical",
        title: `${row.name} answers with errors`,
        body: `${row.errors} of ${row.requests} requests of the last five minutes failed (${percent(row.errors / row.requests)}).`,
        href: `/monitoring/${row.name}`,
        subject: { kind: "deployment", id: row.id },
        ownerId: row.owner_id,
      });
    } else if (verdict === "fine" && row.is_firing) {
      await resolveAlerts(actingFor(row.team_id), {
        kind: "errors",
        subjectId: row.id,
        reason: `${row.errors} of ${row.requests} requests of the last five minutes failed.`,
      });
    }
  }
}
