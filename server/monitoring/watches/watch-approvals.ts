import { and, eq, isNull, or } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Ctx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";
import { readableReviews, readPoliciesInForce, UNJUDGED_MS } from "@/server/governance";
import {
  admissionNow,
  admissionOf,
  type Deployment,
  holdDeployment,
  readableDeployments,
  readableRollouts,
} from "@/server/serving";
import { versionOf } from "@/server/registry";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { deploymentHref } from "@/server/serving/kinds";

const openRollouts = and(
  eq(readableRollouts.deploymentId, readableDeployments.id),
  isNull(readableRollouts.finishedAt),
);

/** Deployments that serve a version, as stable or as canary. */
async function servedBy(ctx: Ctx, versionId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectDistinct({ id: readableDeployments.id })
    .from(readableDeployments)
    .leftJoin(readableRollouts, openRollouts)
    .where(
      and(
        eq(readableDeployments.teamId, ctx.actor.teamId),
        isNull(readableDeployments.retiredAt),
        or(eq(readableDeployments.stableVersionId, versionId), eq(readableRollouts.toVersionId, versionId)),
      ),
    );
  return rows.map((row) => row.id);
}

/**
 * A version that serves although it would not be admitted now raises an alert: gateways go on serving what began with complete evidence,
 * and people decide, unless a policy in force says `stop`. What only a grace still admits raises one of its own. Each resolves when its
 * cause is gone, or the version no longer serves.
 */
export const watchApprovals = (outer: Ctx, deploymentId: string): Promise<void> =>
  inTransaction(outer, (ctx) => judgeApprovals(ctx, deploymentId));

const { id, teamId, name, ownerId, environment, stableVersionId, retiredAt } = readableDeployments;
type Served = Pick<Deployment, "id" | "teamId" | "name" | "ownerId" | "environment">;
const SERVED = { id, teamId, name, ownerId, environment, stableVersionId, retiredAt };

async function judgeApprovals(ctx: Ctx, deploymentId: string): Promise<void> {
  // Of two events of one deployment, the one that is told last must also have looked last.
  await holdDeployment(ctx, deploymentId);
  const [row] = await ctx.db
    .select({ deployment: SERVED, canary: readableRollouts.toVersionId })
    .from(readableDeployments)
    .leftJoin(readableRollouts, openRollouts)
    .where(and(eq(readableDeployments.id, deploymentId), eq(readableDeployments.teamId, ctx.actor.teamId)));
  if (!row) return;
  const { deployment, canary } = row;
  const serving = deployment.retiredAt === null ? [deployment.stableVersionId, canary] : [];
  const found: Found = { void: [], leaving: [], stopped: [] };
  for (const id of serving) if (id) await judgeVersion(ctx, id, deployment.environment, found);
  await tellVoid(ctx, deployment, found);
  await tellLeaving(ctx, deployment, found.leaving);
  await tellStopped(ctx, deployment, found.stopped);
}

interface Found {
  /** What would not be admitted now but serves on, what a policy in force will not pass after its grace, and what one stopped; in words. */
  void: string[];
  leaving: string[];
  stopped: string[];
}

async function judgeVersion(ctx: Ctx, id: string, environment: string, found: Found): Promise<void> {
  const { admitted, missing, fallen, leaving } = await admissionNow(ctx, id, environment);
  if (admitted && leaving.length === 0) return;
  const name = `Version ${(await versionOf(ctx, id)).number}`;
  for (const { why, graceUntil, version } of leaving)
    found.leaving.push(`${name}: ${why} (version ${version}), from ${inWords(graceUntil)} on.`);
  if (admitted) return;
  const stop = fallen.some(({ onFallOut }) => onFallOut === "stop")
    ? await admissionOf(ctx.db, id, environment, { asServing: true, now: ctx.now() })
    : undefined;
  if (stop && !stop.admitted) found.stopped.push(`${name}: ${stop.missing.join("; ")}.`);
  else found.void.push(`${name}: ${missing.join("; ")}.`);
}

const inWords = (time: string) => `${time.slice(0, 16).replace("T", " ")} UTC`;

const about = (deployment: Served) => ({
  href: deploymentHref(deployment.name),
  subject: { kind: "deployment", id: deployment.id },
  ownerId: deployment.ownerId,
});

async function tellVoid(ctx: Ctx, deployment: Served, found: Found): Promise<void> {
  if (found.void.length === 0) {
    await resolveAlerts(ctx, {
      kind: "approval",
      subjectId: deployment.id,
      reason:
        found.stopped.length > 0
          ? `A policy stopped what ${deployment.name} served.`
          : `What ${deployment.name} serves is admitted to ${deployment.environment}.`,
    });
    return;
  }
  await raiseAlert(ctx, {
    ...about(deployment),
    fingerprint: `approval:${deployment.id}`,
    kind: "approval",
    severity: "warning",
    title: `${deployment.name} serves a version that is no longer admitted to ${deployment.environment}`,
    body: `${found.void.join(" ")} It goes on serving. Get it approved again, roll back, or deploy another version.`,
  });
}

async function tellLeaving(ctx: Ctx, deployment: Served, leaving: readonly string[]): Promise<void> {
  if (leaving.length === 0) {
    await resolveAlerts(ctx, {
      kind: "policy-grace",
      subjectId: deployment.id,
      reason: "No policy in force waits for its grace to end.",
    });
    return;
  }
  await raiseAlert(ctx, {
    ...about(deployment),
    fingerprint: `policy-grace:${deployment.id}`,
    kind: "policy-grace",
    severity: "warning",
    title: `${deployment.name} serves a version that a new policy will no longer admit to ${deployment.environment}`,
    body: `${leaving.join(" ")} Until then what the earlier version of the policy said counts. Put it right, or deploy another version.`,
  });
}

async function tellStopped(ctx: Ctx, deployment: Served, stopped: readonly string[]): Promise<void> {
  if (stopped.length === 0) {
    await resolveAlerts(ctx, {
      kind: "policy-stop",
      subjectId: deployment.id,
      reason: "No policy in force stops what it serves.",
    });
    return;
  }
  await raiseAlert(ctx, {
    ...about(deployment),
    fingerprint: `policy-stop:${deployment.id}`,
    kind: "policy-stop",
    severity: "critical",
    title: `A policy stopped a version that ${deployment.name} serves in ${deployment.environment}`,
    body: `${stopped.join(" ")} Gateways answer 503 for it. Put it right, roll back, or deploy another version.`,
  });
}

const EVERY_PASS_MS = 10 * 60_000;
let last = { stamp: "", atMs: 0 };

/** What no event tells: the end of a grace, and of the time that a policy which stops leaves for judging. */
export async function watchPolicies(db: Db, now: Date, ctxOf: (teamId: string) => Ctx): Promise<void> {
  const nowMs = now.getTime();
  const inForce = (await readPoliciesInForce(db))("");
  const stamp = [...inForce.values()]
    .map(({ digest, sinceMs, graceUntilMs }) =>
      [digest, sinceMs, nowMs >= graceUntilMs, nowMs >= graceUntilMs + UNJUDGED_MS].join(),
    )
    .toSorted()
    .join();
  if (stamp === last.stamp && nowMs - last.atMs < EVERY_PASS_MS) return;
  const rows = await db
    .select({ id: readableDeployments.id, teamId: readableDeployments.teamId })
    .from(readableDeployments)
    .where(isNull(readableDeployments.retiredAt));
  for (const row of rows) await watchApprovals(ctxOf(row.teamId), row.id);
  last = { stamp, atMs: nowMs };
}

export async function watchApprovalsOfVersion(ctx: Ctx, versionId: string): Promise<void> {
  for (const id of await servedBy(ctx, versionId)) await watchApprovals(ctx, id);
}

export async function watchApprovalsOfReview(ctx: Ctx, reviewId: string): Promise<void> {
  const [row] = await ctx.db
    .select({ versionId: readableReviews.subjectId })
    .from(readableReviews)
    .where(
      and(
        eq(readableReviews.id, reviewId),
        eq(readableReviews.teamId, ctx.actor.teamId),
        eq(readableReviews.subjectKind, "model_version"),
      ),
    );
  if (row) await watchApprovalsOfVersion(ctx, row.versionId);
}
