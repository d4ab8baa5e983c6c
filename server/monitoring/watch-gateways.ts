import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { raiseAlert, resolveAlerts } from "./raise-alert";

/** A gateway that has not beaten for this long says nothing; neither does one that has not looked at its deployments yet. */
const GATEWAY_SILENT_SECONDS = 6;

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  /** What each living gateway says of it; null where it is served. */
  refusals: unknown[];
  is_firing: boolean;
}

const Refusals = z.array(z.string()).nullable();

/** A deployment that a gateway does not serve, and why, raises an alert: its callers get 503, and no prediction tells of it. */
export async function watchGateways(db: Db, actingFor: (teamId: string) => Ctx): Promise<void> {
  const { rows } = await db.execute<Row>(sql`
    with alive as (
      select info -> 'refused' as refused from processes
      where kind = 'gateway' and info ? 'refused' and seen_at > now() - make_interval(secs => ${GATEWAY_SILENT_SECONDS}))
    select d.id, d.team_id, d.name, d.owner_id, a.firing is not null as is_firing,
      (select coalesce(jsonb_agg(refused -> d.id), '[]'::jsonb) from alive) as refusals
    from deployments d
    left join lateral (select true as firing from alerts
      where team_id = d.team_id and fingerprint = 'serving:' || d.id and state <> 'resolved') a on true
    where a.firing or (d.retired_at is null and exists (select 1 from alive where refused ? d.id))`);
  for (const row of rows) {
    const heard = row.refusals.map((each) => Refusals.catch(null).parse(each));
    const refused = heard.filter((each) => each !== null);
    if (refused.length > 0)
      await raiseAlert(actingFor(row.team_id), {
        fingerprint: `serving:${row.id}`,
        kind: "serving",
        severity: "critical",
        title: `${row.name} is not served${refused.length < heard.length ? " by every gateway" : ""}`,
        body: [...new Set(refused.flat())].join(" "),
        href: `/deployments/${row.name}`,
        subject: { kind: "deployment", id: row.id },
        ownerId: row.owner_id,
      });
    else if (heard.length > 0)
      await resolveAlerts(actingFor(row.team_id), {
        kind: "serving",
        subjectId: row.id,
        reason: "Every gateway serves it, or it was retired.",
      });
  }
}
