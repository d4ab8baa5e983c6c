import { isNull } from "drizzle-orm";
import type { Db } from "@/db/client";
import { driftReports } from "@/db/schema";
import { readableDeployments } from "@/server/serving";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { inTransaction } from "@/server/core/verb";
import type { Lease } from "@/server/kit/handlers";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { judgeDrift, type DriftVerdict } from "../stats";
import { compareRequests, type ReferenceSide } from "./compare";
import { ALPHA_OF_A_LOOK, FIRST_LOOK_REQUESTS, isLookDue, MIN_VALUES, WEEKLY_FALSE_ALARMS } from "./looks";
import { inputSpecsOf, lastLook, newestRequests, waitingRequests } from "./window";
import { monitoringHref, monitoringTopic } from "../kinds";
import { deploymentTopic } from "@/server/serving/kinds";

export interface DriftReference extends ReferenceSide {
  window: { from: string | null; to: string | null; requests: number; rows: number };
  /** Largest corrected p that counts at this look, and the chance of a false alarm in a week that it comes from. */
  alpha: number;
  weeklyFalseAlarms: number;
}

interface DeploymentRow {
  id: string;
  teamId: string;
  name: string;
  ownerId: string;
  stableVersionId: string | null;
}

function overall(verdicts: readonly DriftVerdict[]): "drift" | "no-drift" | "not-enough-data" {
  if (verdicts.some((each) => each.status === "drift")) return "drift";
  return verdicts.some((each) => each.status === "no-drift") ? "no-drift" : "not-enough-data";
}

async function tellAlert(
  ctx: Ctx,
  deployment: DeploymentRow,
  verdicts: readonly DriftVerdict[],
): Promise<void> {
  const verdict = overall(verdicts);
  if (verdict === "no-drift") {
    await resolveAlerts(ctx, {
      kind: "drift",
      subjectId: deployment.id,
      reason: "The newest requests look like the reference again.",
    });
  }
  if (verdict !== "drift") return;
  const names = verdicts.filter((each) => each.status === "drift").map((each) => each.feature);
  await raiseAlert(ctx, {
    fingerprint: `drift:${deployment.id}`,
    kind: "drift",
    severity: "warning",
    title: `Requests to ${deployment.name} have drifted`,
    body: `${names.length} of ${verdicts.length} compared features differ from the reference, beyond chance and by more than a trifle: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}.`,
    href: `${monitoringHref(deployment.name)}#drift`,
    subject: { kind: "deployment", id: deployment.id },
    ownerId: deployment.ownerId,
  });
}

/**
 * Compares a deployment's newest requests with what its version learned from, and writes a report, unless `fence` says that somebody else does
 * it by now. Returns its verdict.
 */
export async function reportDrift(
  ctx: Ctx,
  deployment: DeploymentRow,
  fence: Lease["fence"],
): Promise<string | undefined> {
  const versionId = deployment.stableVersionId;
  if (!versionId) return undefined;
  const which = { deploymentId: deployment.id, versionId };
  const specs = await inputSpecsOf(ctx, versionId);
  const look = await lastLook(ctx, deployment.id, versionId);
  const requests = await newestRequests(ctx, { ...which, after: look.to }, specs);
  if (requests.count === 0) return undefined;
  const { reference, samples } = await compareRequests(ctx, which, requests, specs);
  const verdicts = judgeDrift(samples, { minValues: MIN_VALUES, alpha: ALPHA_OF_A_LOOK });
  const full: DriftReference = {
    ...reference,
    window: {
      from: requests.from?.toISOString() ?? null,
      to: requests.to?.toISOString() ?? null,
      requests: requests.count,
      rows: requests.rows.length,
    },
    alpha: ALPHA_OF_A_LOOK,
    weeklyFalseAlarms: WEEKLY_FALSE_ALARMS,
  };
  await inTransaction(ctx, async (tx) => {
    await fence(tx.db);
    await tx.db.insert(driftReports).values({
      id: newId("report"),
      teamId: deployment.teamId,
      deploymentId: deployment.id,
      versionId,
      reference: full,
      features: verdicts,
      verdict: overall(verdicts),
      at: ctx.now(),
    });
    await tellAlert(tx, deployment, verdicts);
    await notifyLive(tx.db, deployment.teamId, monitoringTopic, deploymentTopic(deployment.id));
  });
  return overall(verdicts);
}

async function isDue(ctx: Ctx, deployment: DeploymentRow): Promise<boolean> {
  const versionId = deployment.stableVersionId;
  if (!versionId) return false;
  const look = await lastLook(ctx, deployment.id, versionId);
  const waiting = await waitingRequests(ctx, {
    deploymentId: deployment.id,
    versionId,
    after: look.to,
    limit: FIRST_LOOK_REQUESTS,
  });
  return isLookDue({ nowMs: ctx.now().getTime(), lastLookAtMs: look.at?.getTime(), ...waiting });
}

/** Looks at every deployment whose turn it is. */
export async function reportAllDrift(
  db: Db,
  actingFor: (teamId: string) => Ctx,
  lease: Pick<Lease, "fence" | "signal">,
): Promise<void> {
  const rows = await db
    .select({
      id: readableDeployments.id,
      teamId: readableDeployments.teamId,
      name: readableDeployments.name,
      ownerId: readableDeployments.ownerId,
      stableVersionId: readableDeployments.stableVersionId,
    })
    .from(readableDeployments)
    .where(isNull(readableDeployments.retiredAt));
  for (const deployment of rows) {
    if (lease.signal.aborted) return;
    const ctx = actingFor(deployment.teamId);
    if (await isDue(ctx, deployment)) await reportDrift(ctx, deployment, lease.fence);
  }
}
