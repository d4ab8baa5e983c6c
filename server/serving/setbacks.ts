import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { deployments, rollouts, setbacks } from "@/db/schema";
import { readableReviews } from "@/server/governance";
import type { Setback } from "@/server/registry";
import type { Ctx } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { deploymentHref, rolloutHref } from "./kinds";
import type { Deployment } from "./load";

/** Writes that a version was sent back; once for each rollout. */
export async function recordSetback(
  ctx: Ctx,
  deployment: Pick<Deployment, "id" | "teamId" | "environment">,
  what: { versionId: string; rolloutId: string | null; reason: string },
): Promise<void> {
  await ctx.db
    .insert(setbacks)
    .values({
      id: newId("setback"),
      teamId: deployment.teamId,
      deploymentId: deployment.id,
      environment: deployment.environment,
      at: ctx.now(),
      ...what,
    })
    .onConflictDoNothing({ target: setbacks.rolloutId });
}

/** Neither a review that was asked for since and approved, nor a rollout since that went well, has answered it; nor does it serve again. */
const isOpen = sql`not exists (
    select 1 from ${readableReviews} where ${readableReviews.subjectKind} = 'model_version' and ${readableReviews.subjectId} = ${setbacks.versionId}
    and ${readableReviews.environment} = ${setbacks.environment} and ${readableReviews.state} = 'approved' and ${readableReviews.createdAt} > ${setbacks.at})
  and not exists (
    select 1 from ${rollouts} later join ${deployments} there on there.id = later.deployment_id
    where later.to_version_id = ${setbacks.versionId} and later.state = 'succeeded' and later.finished_at > ${setbacks.at}
    and there.environment = ${setbacks.environment})
  and not exists (
    select 1 from ${deployments} now where now.stable_version_id = ${setbacks.versionId} and now.environment = ${setbacks.environment}
    and now.retired_at is null)`;

/** The newest unanswered setback of each version and environment, by version. */
export async function openSetbacks(ctx: Ctx, versionIds: readonly string[]): Promise<Map<string, Setback[]>> {
  const found = new Map<string, Setback[]>();
  if (versionIds.length === 0) return found;
  const rows = await ctx.db
    .selectDistinctOn([setbacks.versionId, setbacks.environment], {
      versionId: setbacks.versionId,
      environment: setbacks.environment,
      deployment: deployments.name,
      rolloutId: setbacks.rolloutId,
      reason: setbacks.reason,
      at: setbacks.at,
    })
    .from(setbacks)
    .innerJoin(deployments, eq(deployments.id, setbacks.deploymentId))
    .where(and(eq(setbacks.teamId, ctx.actor.teamId), inArray(setbacks.versionId, [...versionIds]), isOpen))
    .orderBy(setbacks.versionId, setbacks.environment, desc(setbacks.at));
  for (const { versionId, ...row } of rows) {
    const href = row.rolloutId ? rolloutHref(row.deployment, row.rolloutId) : deploymentHref(row.deployment);
    found.set(versionId, [...(found.get(versionId) ?? []), { ...row, href }]);
  }
  return found;
}

export async function openSetback(ctx: Ctx, versionId: string, environment: string): Promise<Setback | null> {
  const all = (await openSetbacks(ctx, [versionId])).get(versionId) ?? [];
  return all.find((each) => each.environment === environment) ?? null;
}

/** @throws AppError `precondition_failed` that names the field: what production sent back goes there again with a reason or a new review. */
export async function requireReasonAgain(
  ctx: Ctx,
  { versionId, environment, reason }: { versionId: string; environment: string; reason: string | undefined },
): Promise<void> {
  if (environment !== "production" || reason) return;
  const setback = await openSetback(ctx, versionId, environment);
  if (!setback) return;
  throw new AppError(
    "precondition_failed",
    `${setback.deployment} rolled this version back: ${setback.reason}`,
    {
      hint: "Say why it may go there again, or get a new review approved.",
      details: { fields: { reason: "is needed after a rollback: say why, in at least 3 characters" } },
    },
  );
}
