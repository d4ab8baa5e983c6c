import { and, eq } from "drizzle-orm";
import { deployments } from "@/db/schema";
import type { Ctx } from "@/server/core/context";

/** Keeps a deployment of the team as it is until the transaction ends: whoever else would change or hold it waits. */
export async function holdDeployment(ctx: Ctx, deploymentId: string): Promise<void> {
  await ctx.db
    .select({ id: deployments.id })
    .from(deployments)
    .where(and(eq(deployments.id, deploymentId), eq(deployments.teamId, ctx.actor.teamId)))
    .for("update");
}
