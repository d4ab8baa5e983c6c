import { and, eq, isNull, or } from "drizzle-orm";
import { deployments, reviews, rollouts } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";
import { admissionNow } from "@/server/serving";
import { versionOf } from "@/server/registry";
import { raiseAlert, resolveAlerts } from "./raise-alert";

const openRollouts = and(eq(rollouts.deploymentId, deployments.id), isNull(rollouts.finishedAt));

/** Deployments that serve a version, as stable or as canary. */
async function servedBy(ctx: Ctx, versionId: string): Promise<string[]> {
  const rows = await ctx.db
    .selectDistinct({ id: deployments.id })
    .from(deployments)
    .leftJoin(rollouts, openRollouts)
    .where(
      and(
        eq(deployments.teamId, ctx.actor.teamId),
        isNull(deployments.retiredAt),
        or(eq(deployments.stableVersionId, versionId), eq(rollouts.toVersionId, versionId)),
      ),
    );
  return rows.map((row) => row.id);
}

/**
 * A version that serves although it would not be admitted now raises an alert: gateways go on serving what began with complete evidence,
 * and people decide. The alert resolves when the version is approved again, or no longer serves.
 */
export const watchApprovals = (outer: Ctx, deploymentId: string): Promise<void> =>
  inTransaction(outer, (ctx) => judgeApprovals(ctx, deploymentId));

async function judgeApprovals(ctx: Ctx, deploymentId: string): Promise<void> {
  const [row] = await ctx.db
    .select({ deployment: deployments, canary: rollouts.toVersionId })
    .from(deployments)
    .leftJoin(rollouts, openRollouts)
    .where(and(eq(deployments.id, deploymentId), eq(deployments.teamId, ctx.actor.teamId)))
    // Of two events of one deployment, the one that is told last must also have looked last.
    .for("update", { of: deployments });
  if (!row) return;
  const { deployment, canary } = row;
  const serving = deployment.retiredAt === null ? [deployment.stableVersionId, canary] : [];
  const problems: string[] = [];
  for (const id of serving) {
    if (!id) continue;
    const { admitted, missing } = await admissionNow(ctx, id, deployment.environment);
    if (!admitted) problems.push(`Version ${(await versionOf(ctx, id)).number}: ${missing.join("; ")}.`);
  }
  if (problems.length === 0) {
    await resolveAlerts(ctx, {
      kind: "approval",
      subjectId: deployment.id,
      reason: `What ${deployment.name} serves is admitted to ${deployment.environment}.`,
    });
    return;
  }
  await raiseAlert(ctx, {
    fingerprint: `approval:${deployment.id}`,
    kind: "approval",
    severity: "warning",
    title: `${deployment.name} serves a version that is no longer admitted to ${deployment.environment}`,
    body: `${problems.join(" ")} It goes on serving. Get it approved again, roll back, or deploy another version.`,
    href: `/deployments/${deployment.name}`,
    subject: { kind: "deployment", id: deployment.id },
    ownerId: deployment.ownerId,
  });
}

export async function watchApprovalsOfVersion(ctx: Ctx, versionId: string): Promise<void> {
  for (const id of await servedBy(ctx, versionId)) await watchApprovals(ctx, id);
}

export async function watchApprovalsOfReview(ctx: Ctx, reviewId: string): Promise<void> {
  const [row] = await ctx.db
    .select({ versionId: reviews.subjectId })
    .from(reviews)
    .where(
      and(
        eq(reviews.id, reviewId),
        eq(reviews.teamId, ctx.actor.teamId),
        eq(reviews.subjectKind, "model_version"),
      ),
    );
  if (row) await watchApprovalsOfVersion(ctx, row.versionId);
}
