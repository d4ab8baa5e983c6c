import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { DeploymentReport, isBroken, readableDeploymentsAs, serves } from "@/server/serving";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { deploymentHref } from "@/server/serving/kinds";

/** A gateway that has not beaten for this long says nothing; neither does one that has not looked at its deployments yet. */
const GATEWAY_SILENT_SECONDS = 6;

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  /** What each living gateway says of it; null where it does not know it yet. */
  reports: unknown[];
  is_firing: boolean;
}

const Report = DeploymentReport.nullable().catch(null);

interface Finding {
  /** How much is missing: nothing answers, the version before answers, only the canary does not, or nothing, but something is odd. */
  lacks: "all" | "wanted" | "canary" | "odd";
  texts: string[];
}

function findingOf(report: DeploymentReport | null): Finding | undefined {
  if (!report) return undefined;
  const { stable, canary, answering } = report;
  const odd = [stable, canary].flatMap((arm) =>
    arm && serves(arm) && arm.reason !== "" ? [arm.reason] : [],
  );
  if (serves(stable) && !isBroken(canary)) return odd.length > 0 ? { lacks: "odd", texts: odd } : undefined;
  const texts = [
    ...(isBroken(stable) ? [`The stable version is not served: ${stable.reason}`] : []),
    ...(isBroken(canary) ? [`The canary version is not served: ${canary.reason}`] : []),
  ];
  if (texts.length === 0) return undefined;
  if (!isBroken(stable)) return { lacks: "canary", texts };
  const before = answering !== null && answering !== stable.versionId;
  return { lacks: before ? "wanted" : "all", texts };
}

const TITLES: Record<Finding["lacks"], (name: string) => string> = {
  all: (name) => `${name} is not served`,
  wanted: (name) => `${name} still serves the version before`,
  canary: (name) => `The canary of ${name} is not served`,
  odd: (name) => `${name} may serve something else than was approved`,
};

/**
 * A version that a gateway cannot serve, because it was refused, cannot be loaded or its process dies again and again, raises an alert: a
 * refused one gets no request, so no prediction tells of it.
 */
export async function watchGateways(db: Db, actingFor: (teamId: string) => Ctx): Promise<void> {
  const { rows } = await db.execute<Row>(sql`
    with alive as (
      select info -> 'serving' as serving from processes
      where kind = 'gateway' and info ? 'serving' and seen_at > now() - make_interval(secs => ${GATEWAY_SILENT_SECONDS}))
    select d.id, d.team_id, d.name, d.owner_id, a.firing is not null as is_firing,
      (select coalesce(jsonb_agg(serving -> d.id), '[]'::jsonb) from alive) as reports
    from ${readableDeploymentsAs("d")}
    left join lateral (select true as firing from alerts
      where team_id = d.team_id and fingerprint = 'serving:' || d.id and state <> 'resolved') a on true
    where d.retired_at is null or a.firing`);
  for (const row of rows) {
    const findings = row.reports.map((each) => findingOf(Report.parse(each)));
    const broken = findings.filter((each) => each !== undefined);
    const lacks = (["all", "wanted", "canary", "odd"] as const).find((how) =>
      broken.some((each) => each.lacks === how),
    );
    if (lacks)
      await raiseAlert(actingFor(row.team_id), {
        fingerprint: `serving:${row.id}`,
        kind: "serving",
        severity: lacks === "canary" || lacks === "odd" ? "warning" : "critical",
        title: `${TITLES[lacks](row.name)}${broken.length < findings.length ? " by every gateway" : ""}`,
        body: [...new Set(broken.flatMap((each) => each.texts))].join(" "),
        href: deploymentHref(row.name),
        subject: { kind: "deployment", id: row.id },
        ownerId: row.owner_id,
      });
    else if (row.is_firing && findings.length > 0)
      await resolveAlerts(actingFor(row.team_id), {
        kind: "serving",
        subjectId: row.id,
        reason: "Every gateway serves it, or it was retired.",
      });
  }
}
