import { and, eq, inArray } from "drizzle-orm";
import { z } from "zod";
import { deployments, rolloutEvents, rollouts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { log } from "@/server/core/log";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { admissionToGoOn } from "./admission";
import { haveFollowed, liveGateways, type Readiness } from "./gateways";
import { loadDeploymentById, parseRollout, type ParsedRollout } from "./load";
import { observe } from "./observe";
import { canaryReadiness } from "./readiness";
import { recordRollout, rerouted } from "./record";
import { decideRollout, type RolloutDecision } from "./rollout/decide";
import { isFinished } from "./rollout/states";
import { usualWatch } from "./rules";
import { recordSetback } from "./setbacks";
import { deploymentTopic, rolloutTopic } from "./kinds";

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

type Turn = "promoting" | "rolling_back";

async function turn(
  ctx: Ctx,
  rollout: ParsedRollout,
  decision: Pick<RolloutDecision, "reason" | "verdicts">,
  to: Turn,
): Promise<void> {
  const up = to === "promoting";
  await set(ctx, rollout, { state: to, sharePercent: up ? 100 : 0, stateReason: decision.reason });
  const passed = rollout.stages.length > 0 ? "All stages passed" : "Every gateway serves it";
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: to,
    kind: up ? "promoted" : "rollback",
    text: up
      ? `${passed}: all requests go to the new version. ${decision.reason}`
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

const goBack = (ctx: Ctx, rollout: ParsedRollout, reason: string) =>
  turn(ctx, rollout, { reason, verdicts: [] }, "rolling_back");

/** Every live gateway serves the version: the canary gets its first share, or without stages everything. */
async function begin(ctx: Ctx, rollout: ParsedRollout): Promise<void> {
  const [first] = rollout.stages;
  if (!first) {
    await turn(ctx, rollout, { reason: "It was loaded before it took the name.", verdicts: [] }, "promoting");
    return;
  }
  await set(ctx, rollout, {
    state: "running",
    sharePercent: first.sharePercent,
    stageStartedAt: ctx.now(),
    stateReason: `Stage 1 of ${rollout.stages.length}`,
  });
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: "started",
    kind: "started",
    text: `Started: every gateway serves the version; ${first.sharePercent}% of requests go to it`,
  });
  await rerouted(ctx, rollout.deploymentId);
}

/** What waits for gateways says for which and why; what no gateway will ever serve goes back by itself, and never had a request. */
async function prepare(ctx: Ctx, rollout: ParsedRollout, readiness: Readiness): Promise<void> {
  if (readiness.broken !== null) await goBack(ctx, rollout, readiness.broken);
  else if (readiness.ready) await begin(ctx, rollout);
  else if (rollout.stateReason !== readiness.waiting)
    await set(ctx, rollout, { stateReason: readiness.waiting });
}

/**
 * Gets no more of the traffic: a canary whose approval went void or that a policy in force holds (it keeps its share, nothing of it in a
 * gateway that starts anew, until it is admitted again or aborted), and one that a live gateway does not serve yet.
 */
async function unlessBlocked(
  ctx: Ctx,
  rollout: ParsedRollout,
  decision: RolloutDecision,
  readiness: Readiness,
): Promise<RolloutDecision> {
  if (decision.action !== "advance" && decision.action !== "complete") return decision;
  const lost = await admissionLost(ctx, rollout);
  if (lost !== null) return { ...decision, action: "hold", reason: lost };
  if (readiness.ready) return decision;
  return { ...decision, action: "wait", reason: `Waiting: ${readiness.waiting}` };
}

async function admissionLost(ctx: Ctx, rollout: ParsedRollout): Promise<string | null> {
  const { environment } = await loadDeploymentById(ctx, rollout.deploymentId);
  const { admitted, missing } = await admissionToGoOn(ctx, rollout.toVersionId, environment);
  if (admitted) return null;
  return `Held: the new version is no longer admitted to ${environment} (${missing.join("; ")}).`;
}

/**
 * A canary that a gateway cannot serve, or cannot keep running, goes back by itself. One that gateways refuse because its approval ended is
 * people's to decide, as long as nothing else is wrong with it.
 */
async function brokenReason(ctx: Ctx, rollout: ParsedRollout, readiness: Readiness): Promise<string | null> {
  if (readiness.broken === null) return null;
  const crashes = readiness.gateways.some(({ state }) => state === "crash-looping");
  return crashes || (await admissionLost(ctx, rollout)) === null ? readiness.broken : null;
}

const LOOKS_PER_AGE = 20_000;
const RAREST_LOOK_MS = 60_000;
const Judged = z.object({ at: z.coerce.date() });

/**
 * Every look adds up the whole rollout, so an old one is looked at a little less often: each twenty-thousandth of its age, and at least once a
 * minute. A run of failures is judged at once.
 */
function isDue({ verdict, createdAt, criteria, consecutiveFailures }: ParsedRollout, now: number): boolean {
  if (consecutiveFailures >= criteria.hardKill.consecutiveFailures) return true;
  const last = Judged.safeParse(verdict).data?.at.getTime();
  const rest = Math.min(RAREST_LOOK_MS, Math.floor((now - createdAt.getTime()) / LOOKS_PER_AGE));
  return last === undefined || now - last >= rest;
}

async function judge(ctx: Ctx, rollout: ParsedRollout, readiness: Readiness): Promise<void> {
  if (!isDue(rollout, ctx.now().getTime())) return;
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
  const decision = await unlessBlocked(ctx, rollout, judged, readiness);
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

/** A person ended it; whatever the factory found is no part of that. */
async function wasAborted(ctx: Ctx, rollout: ParsedRollout): Promise<boolean> {
  const words = await ctx.db
    .select({ id: rolloutEvents.id })
    .from(rolloutEvents)
    .where(and(eq(rolloutEvents.rolloutId, rollout.id), eq(rolloutEvents.kind, "aborted")))
    .limit(1);
  return words.length > 0;
}

/** Ends what is on its way when every live gateway follows; the stable version changes only to one that all of them serve. */
async function finish(ctx: Ctx, rollout: ParsedRollout, readiness: Readiness): Promise<void> {
  const won = rollout.state === "promoting";
  if (won && !readiness.ready) return;
  const deployment = await loadDeploymentById(ctx, rollout.deploymentId);
  if (!haveFollowed(await liveGateways(ctx.db), deployment)) return;
  if (won) {
    await ctx.db
      .update(deployments)
      .set({ stableVersionId: rollout.toVersionId, previousVersionId: rollout.fromVersionId })
      .where(eq(deployments.id, rollout.deploymentId));
  }
  const state = won ? "succeeded" : (await wasAborted(ctx, rollout)) ? "aborted" : "rolled_back";
  const { onWorse, durationMs } = rollout.criteria.watch ?? usualWatch(null);
  const isWatched = won && rollout.fromVersionId !== null && onWorse !== "off";
  await set(ctx, rollout, {
    state,
    finishedAt: ctx.now(),
    watchUntil: isWatched ? new Date(ctx.now().getTime() + durationMs) : null,
  });
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: "finished",
    kind: "finished",
    text: won
      ? "Finished: the new version is stable and serves 100%"
      : "Finished: the stable version serves 100% again",
  });
  // What never had a request has shown nothing of itself.
  if (state === "rolled_back" && rollout.stageStartedAt !== null)
    await recordSetback(ctx, deployment, {
      versionId: rollout.toVersionId,
      rolloutId: rollout.id,
      reason: rollout.stateReason,
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

async function look(ctx: Ctx, rollout: ParsedRollout): Promise<void> {
  const readiness = await canaryReadiness(ctx, rollout);
  if (rollout.state === "pending") return prepare(ctx, rollout, readiness);
  if (rollout.state === "rolling_back") return finish(ctx, rollout, readiness);
  const broken = await brokenReason(ctx, rollout, readiness);
  if (broken !== null) return goBack(ctx, rollout, broken);
  if (rollout.state === "running") return judge(ctx, rollout, readiness);
  if (rollout.state === "promoting") return finish(ctx, rollout, readiness);
}

/** One look at one rollout, in one transaction; a look that dies leaves nothing behind and the next one does the same. */
export async function advanceRollout(outer: Ctx, id: string): Promise<void> {
  await inTransaction(outer, async (ctx) => {
    const rollout = await lock(ctx, id);
    if (!rollout || isFinished(rollout.state)) return;
    await look(ctx, rollout);
    await notifyLive(ctx.db, rollout.teamId, rolloutTopic(id), deploymentTopic(rollout.deploymentId));
  });
}

/** Looks at every rollout that is under way. */
export async function advanceRollouts(ctxOf: (teamId: string) => Ctx): Promise<void> {
  const rows = await ctxOf("")
    .db.select({ id: rollouts.id, teamId: rollouts.teamId })
    .from(rollouts)
    .where(inArray(rollouts.state, ["pending", "running", "paused", "promoting", "rolling_back"]));
  for (const row of rows) {
    await advanceRollout(ctxOf(row.teamId), row.id).catch((error: unknown) =>
      log.error({ err: error, rollout: row.id }, "a rollout could not be advanced"),
    );
  }
}
