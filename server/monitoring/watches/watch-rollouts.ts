import { eq } from "drizzle-orm";
import { readableModels, readableVersions } from "@/server/registry";
import { readableDeployments, readableRollouts } from "@/server/serving";
import type { Ctx } from "@/server/core/context";
import { raiseAlert, resolveAlerts } from "../alerts/raise-alert";
import { rolloutHref } from "@/server/serving/kinds";

/** A rollout that ended badly raises an alert on its deployment; one that ended well resolves what earlier ones raised. */
export async function watchRollout(ctx: Ctx, rolloutId: string, state: string): Promise<void> {
  const [row] = await ctx.db
    .select({
      reason: readableRollouts.stateReason,
      deploymentId: readableDeployments.id,
      deployment: readableDeployments.name,
      ownerId: readableDeployments.ownerId,
      version: readableVersions.number,
      model: readableModels.name,
    })
    .from(readableRollouts)
    .innerJoin(readableDeployments, eq(readableDeployments.id, readableRollouts.deploymentId))
    .leftJoin(readableVersions, eq(readableVersions.id, readableRollouts.toVersionId))
    .leftJoin(readableModels, eq(readableModels.id, readableVersions.modelId))
    .where(eq(readableRollouts.id, rolloutId));
  if (!row) return;
  if (state === "succeeded") {
    await resolveAlerts(ctx, {
      kind: "rollback",
      subjectId: row.deploymentId,
      reason: "A later rollout of this deployment succeeded.",
    });
    return;
  }
  if (state !== "rolled_back") return;
  const version = row.version === null ? "the new version" : `version ${row.version}`;
  await raiseAlert(ctx, {
    fingerprint: `rollback:${rolloutId}`,
    kind: "rollback",
    severity: "critical",
    title: `${row.deployment} rolled back ${version}`,
    body: `${row.reason} The stable version serves all requests of ${row.deployment}${row.model ? ` (model ${row.model})` : ""}.`,
    href: rolloutHref(row.deployment, rolloutId),
    subject: { kind: "deployment", id: row.deploymentId },
    ownerId: row.ownerId,
  });
}
