import { and, eq, inArray, sql } from "drizzle-orm";
import { deployments, rollouts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { log } from "@/server/core/log";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { admissionToGoOn } from "./admission";
import { loadDeploymentById, parseRollout, type ParsedRollout } from "./load";
import { observe } from "./observe";
import { recordRollout, rerouted } from "./record";
import { decideRollout, type RolloutDecision } from "./rollout/decide";

/** A gateway that has not said for this long which routes it holds does not count. */
const GATEWAY_SILENT_SECONDS = 6;

async function lock(ctx: Ctx, id: string): Promise<ParsedRollout | undefined> {
  const [row] = await ctx.db
    .select()
    .from(rollouts)
    .where(eq(rollouts.id, id))
    .for("update", { skipLocked: true });
  return row ? parseRollout(row) : undefined;
}

const set = (ctx: Ctx, rollout: ParsedRollout, values: Partial<typeof rollouts.$inferInsert>) =>
  ctx.db
    .update(rollouts)
    .set(values)
    .where(
      and(
        eq(rollouts.id, rollout.id),
        eq(rollouts.stageIndex, rollout.stageIndex),
        eq(rollouts.state, rollout.state),
      ),
    );

async function enterStage(ctx: Ctx, rollout: ParsedRollout, decision: RolloutDecision): Promise<void> {
  const index = rollout.stageIndex + 1;
  const stage = rollout.stages[index];
  if (!stage) throw new RangeError(`Rollout ${rollout.id} has no stage ${index}.`);
  await set(ctx, rollout, {
    stageIndex: index,
    stageStartedAt: ctx.now(),
    pausedMs: 0,
    sharePercent: stage.sharePercent,
    stateReason: `Stage ${index + 1} of ${rollout.stages.length}`,
  });
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: `stage-${index}`,
    kind: "stage",
    text: `Stage ${index + 1}: ${stage.sharePercent}% of requests go to the canary. ${decision.reason}`,
    detail: { verdicts: decision.verdicts },
  });
  await rerouted(ctx, rollout.deploymentId);
}

async function turn(
  ctx: Ctx,
  rollout: ParsedRollout,
  decision: RolloutDecision,
  to: "promoting" | "rolling_back",
): Promise<void> {
  const up = to === "promoting";
  await set(ctx, rollout, { state: to, sharePercent: up ? 100 : 0, stateReason: decision.reason });
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: to,
    kind: up ? "promoted" : "rollback",
    text: up
      ? `All stages passed: all requests go to the new version. ${decision.reason}`
      : `Rolled back: ${decision.reason}`,
    detail: { verdicts: decision.verdicts },
  });
  await audit(ctx, {
    action: up ? "serving.rollout.complete" : "serving.rollout.roll-back",
    subject: { kind: "rollout", id: rollout.id },
    before: { state: rollout.state, stageIndex: rollout.stageIndex },
    after: { state: to },
    reason: decision.reason,
  });
  await rerouted(ctx, rollout.deploymentId);
}

/**
 * A canary whose approval went void, or that a policy in force holds, keeps its share (nothing of it in a gateway that starts anew) but
 * gets no more of it, until it is admitted again or aborted.
 */
async function unlessVoid(
  ctx: Ctx,
  rollout: ParsedRollout,
  decision: RolloutDecision,
): Promise<RolloutDecision> {
  if (decision.action !== "advance" && decision.action !== "complete") return decision;
  const { environment } = await loadDeploymentById(ctx, rollout.deploymentId);
  const { admitted, missing } = await admissionToGoOn(ctx, rollout.toVersionId, environment);
  if (admitted) return decision;
  const reason = `Held: the new version is no longer admitted to ${environment} (${missing.join("; ")}).`;
  return { ...decision, action: "hold", reason };
}

async function judge(ctx: Ctx, rollout: ParsedRollout): Promise<void> {
  const startedAt = rollout.stageStartedAt?.getTime() ?? rollout.createdAt.getTime();
  const judged = decideRollout(
    {
      plan: { stages: rollout.stages, criteria: rollout.criteria },
      stageIndex: rollout.stageIndex,
      stageStartedAtMs: startedAt + rollout.pausedMs,
      evidence: rollout.evidence,
    },
    await observe(ctx.db, rollout),
    ctx.now().getTime(),
  );
  const decision = await unlessVoid(ctx, rollout, judged);
  await set(ctx, rollout, {
    evidence: decision.evidence,
    verdict: {
      action: decision.action,
      reason: decision.reason,
      verdicts: decision.verdicts,
      at: ctx.now().toISOString(),
    },
  });
  if (decision.action === "advance") await enterStage(ctx, rollout, decision);
  else if (decision.action === "complete") await turn(ctx, rollout, decision, "promoting");
  else if (decision.action === "rollback") await turn(ctx, rollout, decision, "rolling_back");
  else if (decision.action === "hold") {
    await recordRollout(ctx, {
      rolloutId: rollout.id,
      dedupKey: `held-${rollout.stageIndex}`,
      kind: "held",
      text: decision.reason,
    });
  }
}

/** Whether every gateway that lives serves the deployment's newest route; with no gateway alive nothing serves the old one. */
async function gatewaysFollowed(ctx: Ctx, deploymentId: string): Promise<boolean> {
  const { rows } = await ctx.db.execute<{ behind: number }>(sql`
    select count(*)::int as behind from processes p, deployments d
    where d.id = ${deploymentId} and p.kind = 'gateway' and p.seen_at > now() - make_interval(secs => ${GATEWAY_SILENT_SECONDS})
      and coalesce((p.info -> 'routes' ->> d.id)::int, 0) < d.generation`);
  return (rows[0]?.behind ?? 0) === 0;
}

async function finish(ctx: Ctx, rollout: ParsedRollout): Promise<void> {
  if (!(await gatewaysFollowed(ctx, rollout.deploymentId))) return;
  const won = rollout.state === "promoting";
  if (won) {
    await ctx.db
      .update(deployments)
      .set({ stableVersionId: rollout.toVersionId, previousVersionId: rollout.fromVersionId })
      .where(eq(deployments.id, rollout.deploymentId));
  }
  const state = won ? "succeeded" : "rolled_back";
  await set(ctx, rollout, { state, finishedAt: ctx.now() });
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: "finished",
    kind: "finished",
    text: won
      ? "Finished: the new version is stable and serves 100%"
      : "Finished: the stable version serves 100% again",
  });
  await rerouted(ctx, rollout.deploymentId);
  await emit(ctx, { type: "serving.rollout_finished", payload: { rolloutId: rollout.id, state } });
  await audit(ctx, {
    action: "serving.rollout.finish",
    subject: { kind: "rollout", id: rollout.id },
    before: { state: rollout.state },
    after: { state },
    reason: rollout.stateReason,
  });
}

/** One look at one rollout, in one transaction; a look that dies leaves nothing behind and the next one does the same. */
export async function advanceRollout(outer: Ctx, id: string): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const rollout = await lock(ctx, id);
    if (!rollout) return;
    if (rollout.state === "running") await judge(ctx, rollout);
    else if (rollout.state === "promoting" || rollout.state === "rolling_back") await finish(ctx, rollout);
    await notifyLive(ctx.db, rollout.teamId, `rollout:${id}`, `deployment:${rollout.deploymentId}`);
  });
}

/** Looks at every rollout that is under way. */
export async function advanceRollouts(ctxOf: (teamId: string) => Ctx): Promise<void> {
  const rows = await ctxOf("")
    .db.select({ id: rollouts.id, teamId: rollouts.teamId })
    .from(rollouts)
    .where(inArray(rollouts.state, ["running", "promoting", "rolling_back"]));
  for (const row of rows) {
    await advanceRollout(ctxOf(row.teamId), row.id).catch((error: unknown) =>
      log.error({ err: error, rollout: row.id }, "a rollout could not be advanced"),
    );
  }
}
