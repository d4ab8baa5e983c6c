import { readableDeploymentsAs } from "@/server/serving";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import type { AlertKind } from "../alerts/rules";
import { counted } from "./counted";
import {
  accuracyFinding,
  confidenceFinding,
  latencyFinding,
  recordingFinding,
  trafficFinding,
  type Counted,
  type Finding,
} from "./health-rules";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { countSetAside } from "../recording/set-aside";
import { monitoringHref } from "../kinds";

const QUARTER = 900;
const HOUR = 3_600;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

interface Row extends Record<string, unknown> {
  id: string;
  team_id: string;
  name: string;
  owner_id: string;
  is_retired: boolean;
  firing: string[];
}

/** A week's sums change little within an hour, and reading them is the dear part. */
const baselines = new Map<string, { hour: number; counted: Promise<Counted> }>();

function baselineOf(db: Db, deploymentId: string, now: number): Promise<Counted> {
  const hour = Math.floor(now / HOUR);
  const known = baselines.get(deploymentId);
  if (known?.hour === hour) return known.counted;
  // Of the days before, so that what is judged is not its own measure.
  const fresh = counted(db, deploymentId, now - WEEK - DAY, now - DAY);
  baselines.set(deploymentId, { hour, counted: fresh });
  fresh.catch(() => baselines.delete(deploymentId));
  return fresh;
}

interface Watched {
  kind: AlertKind;
  title: string;
  href: string;
  severity: "critical" | "warning";
  finding: Finding;
  ended: string;
}

async function findingsOf(db: Db, row: Row, now: number): Promise<Watched[]> {
  const count = (ago: number, until: number) => counted(db, row.id, now - ago, now - until);
  const [quarter, hourBefore, hour, day, week] = [
    await count(QUARTER, 0),
    await count(QUARTER + HOUR, QUARTER),
    await count(HOUR, 0),
    await count(DAY, 0),
    await baselineOf(db, row.id, now),
  ];
  const monitoring = monitoringHref(row.name);
  const warning = { severity: "warning", href: monitoring } as const;
  return [
    {
      ...warning,
      kind: "latency",
      title: `${row.name} answers slowly`,
      finding: latencyFinding(quarter, week),
      ended: "Latency is what it was before.",
    },
    {
      ...warning,
      kind: "accuracy",
      title: `${row.name} is less accurate`,
      finding: accuracyFinding(day, week),
      ended: "Accuracy is what it was before.",
    },
    {
      ...warning,
      kind: "confidence",
      title: `${row.name} is less sure of its answers`,
      finding: confidenceFinding(hour, week),
      ended: "Confidence is what it was before.",
    },
    {
      ...warning,
      kind: "traffic",
      title: `${row.name} gets no requests`,
      finding: trafficFinding(quarter, hourBefore),
      ended: "Requests come again.",
    },
  ];
}

async function tell(ctx: Ctx, row: Row, watched: Watched): Promise<void> {
  const { kind, finding } = watched;
  if (finding.state === "bad" && !row.is_retired) {
    await raiseAlert(ctx, {
      fingerprint: `${kind}:${row.id}`,
      kind,
      severity: watched.severity,
      title: watched.title,
      body: finding.text,
      href: watched.href,
      subject: { kind: "deployment", id: row.id },
      ownerId: row.owner_id,
    });
  } else if (row.firing.includes(kind) && (row.is_retired || finding.state === "fine")) {
    const reason = row.is_retired ? "The deployment was retired." : watched.ended;
    await resolveAlerts(ctx, { kind, subjectId: row.id, reason });
  }
}

/** Looks at latency, accuracy, confidence and traffic of every deployment. */
export async function watchHealth(db: Db, now: Date, actingFor: (teamId: string) => Ctx): Promise<void> {
  const second = Math.floor(now.getTime() / 1000);
  const { rows } = await db.execute<Row>(sql`
    select d.id, d.team_id, d.name, d.owner_id, d.retired_at is not null as is_retired,
      coalesce((select array_agg(a.kind) from alerts a where a.team_id = d.team_id and a.subject_id = d.id and a.state <> 'resolved'), '{}') as firing
    from ${readableDeploymentsAs("d")}
    where d.retired_at is null or exists (select 1 from alerts a where a.team_id = d.team_id and a.subject_id = d.id and a.state <> 'resolved')`);
  for (const row of rows) {
    const ctx = actingFor(row.team_id);
    for (const watched of await findingsOf(db, row, second)) await tell(ctx, row, watched);
  }
}

const GatewayInfo = z.object({
  spoolBytes: z.number().catch(0),
  spoolOldestMs: z.number().catch(0),
  dropped: z.number().catch(0),
});
const SILENT_SECONDS = 30;

interface TeamRow extends Record<string, unknown> {
  team_id: string;
  owner_id: string;
  deployment_id: string;
  is_firing: boolean;
}

/** Tells every team with a deployment when predictions are late or lost on their way to the database. */
export async function watchRecording(db: Db, actingFor: (teamId: string) => Ctx): Promise<void> {
  const beats = await db.execute<{ info: unknown }>(sql`
    select info from processes where kind = 'gateway' and seen_at > now() - make_interval(secs => ${SILENT_SECONDS})`);
  const gateways = beats.rows.flatMap((row) => GatewayInfo.safeParse(row.info).data ?? []);
  const finding = recordingFinding(gateways, await countSetAside(db));
  const { rows } = await db.execute<TeamRow>(sql`
    select distinct on (d.team_id) d.team_id, d.owner_id, d.id as deployment_id,
      exists (select 1 from alerts a where a.team_id = d.team_id and a.fingerprint = 'recording' and a.state <> 'resolved') as is_firing
    from ${readableDeploymentsAs("d")} where d.retired_at is null order by d.team_id, d.created_at`);
  for (const row of rows) {
    const ctx = actingFor(row.team_id);
    if (finding.state === "bad")
      await raiseAlert(ctx, {
        fingerprint: "recording",
        kind: "recording",
        severity: "warning",
        title: "Predictions are not recorded as they should be",
        body: finding.text,
        href: "/monitoring",
        subject: { kind: "recording", id: "predictions" },
        ownerId: row.owner_id,
      });
    else if (row.is_firing && gateways.length > 0)
      await resolveAlerts(ctx, {
        kind: "recording",
        subjectId: "predictions",
        reason: "Every prediction is stored in time.",
      });
  }
}
