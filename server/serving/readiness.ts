import { eq } from "drizzle-orm";
import { readableVersions } from "@/server/registry";
import type { Ctx } from "@/server/core/context";
import { liveGateways, readinessOf, type Readiness } from "./gateways";

async function label(ctx: Ctx, versionId: string): Promise<string> {
  const [row] = await ctx.db
    .select({ number: readableVersions.number })
    .from(readableVersions)
    .where(eq(readableVersions.id, versionId));
  return row ? `version ${row.number}` : "the version";
}

/** Whether the live gateways serve what a rollout brings. */
export async function canaryReadiness(
  ctx: Ctx,
  rollout: { deploymentId: string; toVersionId: string },
): Promise<Readiness> {
  const { deploymentId, toVersionId: versionId } = rollout;
  const version = await label(ctx, versionId);
  return readinessOf(
    await liveGateways(ctx.db),
    { deploymentId, arm: "canary", versionId, version },
    ctx.now(),
  );
}

/** Whether the live gateways serve what a deployment calls stable. */
export async function stableReadiness(ctx: Ctx, deploymentId: string, versionId: string): Promise<Readiness> {
  const version = await label(ctx, versionId);
  return readinessOf(
    await liveGateways(ctx.db),
    { deploymentId, arm: "stable", versionId, version },
    ctx.now(),
  );
}
