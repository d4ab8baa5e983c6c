import { eq, sql } from "drizzle-orm";
import { deployments, rolloutEvents } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { tell } from "@/server/core/tell";
import { deploymentTopic, deploymentsTopic } from "./kinds";

export interface RolloutEvent {
  rolloutId: string;
  /** Same key, one event, however often the step is done. */
  dedupKey: string;
  kind:
    | "deploying"
    | "started"
    | "stage"
    | "paused"
    | "resumed"
    | "promoted"
    | "held"
    | "rollback"
    | "finished"
    | "aborted";
  text: string;
  detail?: unknown;
}

/** Writes a line of the rollout's timeline. */
export async function recordRollout(ctx: Ctx, event: RolloutEvent): Promise<void> {
  await ctx.db
    .insert(rolloutEvents)
    .values({
      id: newId("event"),
      rolloutId: event.rolloutId,
      dedupKey: event.dedupKey,
      kind: event.kind,
      text: event.text,
      detail: event.detail ?? {},
      actorId: ctx.actor.userId,
      at: ctx.now(),
    })
    .onConflictDoNothing();
}

/** Raises the deployment's generation, so that every gateway takes the new route, and tells the pages. */
export async function rerouted(ctx: Ctx, deploymentId: string): Promise<number> {
  const [row] = await ctx.db
    .update(deployments)
    .set({ generation: sql`${deployments.generation} + 1`, updatedAt: ctx.now() })
    .where(eq(deployments.id, deploymentId))
    .returning({ generation: deployments.generation, teamId: deployments.teamId });
  const teamId = row?.teamId ?? ctx.actor.teamId;
  tell(ctx.db, "mw_routes", deploymentId);
  await emit(ctx, { type: "serving.deployment_changed", payload: { deploymentId } }, { teamId });
  await notifyLive(ctx.db, teamId, deploymentsTopic, deploymentTopic(deploymentId));
  return row?.generation ?? 0;
}
