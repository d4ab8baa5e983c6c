import { readableDeploymentsAs } from "@/server/serving";
import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { ERROR_WINDOW_SECONDS, errorVerdict, hasRecovered, RECOVERY_WINDOW_SECONDS } from "../rules";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { monitoringHref } from "../kinds";

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  requests: number;
  errors: number;
  is_firing: boolean;
  is_retired: boolean;
}

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

/** Thin traffic: fewer requests in five minutes than say anything. */
async function recovered(db: Db, deploymentId: string, now: Date): Promise<boolean> {
  const since = Math.floor(now.getTime() / 1000) - RECOVERY_WINDOW_SECONDS;
  const { rows } = await db.execute<{ requests: number; errors: number }>(sql`
    select sum(requests)::int as requests, sum(errors)::int as errors from traffic_seconds
    where deployment_id = ${deploymentId} and second >= ${since} group by second order by second desc`);
  return hasRecovered(rows);
}

/** Looks at the last five minutes of every deployment with traffic or an open alert of this kind. */
export async function watchErrors(db: Db, now: Date, actingFor: (teamId: string) => Ctx): Promise<void> {
  const since = Math.floor(now.getTime() / 1000) - ERROR_WINDOW_SECONDS;
  const { rows } = await db.execute<Row>(sql`
    select d.id, d.team_id, d.name, d.owner_id, d.retired_at is not null as is_retired,
      coalesce(t.requests, 0)::int as requests, coalesce(t.errors, 0)::int as errors, coalesce(a.firing, false) as is_firing
    from ${readableDeploymentsAs("d")}
    left join lateral (select true as firing from alerts
      where team_id = d.team_id and fingerprint = 'errors:' || d.id and state <> 'resolved') a on true
    left join lateral (select sum(requests) as requests, sum(errors) as errors from traffic_seconds
      where deployment_id = d.id and second >= ${since}) t on true
    where d.retired_at is null or a.firing`);
  for (const row of rows) {
    const verdict = row.is_retired ? "fine" : errorVerdict(row);
    if (verdict === "failing") {
      await raiseAlert(actingFor(row.team_id), {
        fingerprint: `errors:${row.id}`,
        kind: "errors",
        severity: "critical",
        title: `${row.name} answers with errors`,
        body: `${row.errors} of ${row.requests} requests of the last five minutes failed (${percent(row.errors / row.requests)}).`,
        href: monitoringHref(row.name),
        subject: { kind: "deployment", id: row.id },
        ownerId: row.owner_id,
      });
    } else if (row.is_firing && (verdict === "fine" || (await recovered(db, row.id, now)))) {
      await resolveAlerts(actingFor(row.team_id), {
        kind: "errors",
        subjectId: row.id,
        reason: row.is_retired
          ? "The deployment was retired."
          : verdict === "fine"
            ? `${row.errors} of ${row.requests} requests of the last five minutes failed.`
            : "The newest requests of the last hour do not fail any more.",
      });
    }
  }
}
