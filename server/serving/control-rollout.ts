import { and, eq, inArray, isNotNull } from "drizzle-orm";
import { deployments, rollouts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField, precondition } from "@/server/core/errors";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { admissionOf, admissionToGoOn } from "./admission";
import {
  loadDeployment,
  loadDeploymentById,
  loadRollout,
  openRollout,
  parseRollout,
  type Deployment,
  type ParsedRollout,
} from "./load";
import { canaryReadiness } from "./readiness";
import { recordRollout, rerouted } from "./record";
import { recordSetback } from "./setbacks";
import { isFinished, nextRolloutState, statesAllowing, type RolloutAction } from "./rollout/states";
import { ControlRolloutInput, RetireInput, RollBackInput } from "./schemas";

const WORDS: Record<RolloutAction, { kind: "paused" | "resumed" | "promoted" | "aborted"; text: string }> = {
  pause: { kind: "paused", text: "Paused: the share of traffic stays as it is" },
  resume: { kind: "resumed", text: "Resumed" },
  promote: { kind: "promoted", text: "Promoted to all traffic by a person" },
  abort: { kind: "aborted", text: "Aborted by a person: all traffic goes back to the stable version" },
};

function changesOf(
  rollout: ParsedRollout,
  command: RolloutAction,
  now: Date,
): Partial<typeof rollouts.$inferInsert> {
  if (command === "pause") return { pausedAt: now };
  if (command === "resume") {
    const paused = rollout.pausedAt ? now.getTime() - rollout.pausedAt.getTime() : 0;
    return { pausedAt: null, pausedMs: rollout.pausedMs + paused };
  }
  if (command === "promote") return { sharePercent: 100 };
  return { sharePercent: 0 };
}

/** No person's word replaces the evidence: what takes all traffic must be admitted at that moment. */
async function requireAdmitted(ctx: Ctx, deployment: Deployment, versionId: string): Promise<void> {
  const { admitted, missing } = await admissionToGoOn(ctx, versionId, deployment.environment);
  if (admitted) return;
  throw precondition(
    `The new version is no longer admitted to ${deployment.environment}.`,
    `Missing: ${missing.join("; ")}. Get it approved again, or abort the rollout.`,
    { missing },
  );
}

/** What takes all traffic must be served by every live gateway at that moment; a dead one is not asked. */
async function requireServed(ctx: Ctx, rollout: ParsedRollout): Promise<void> {
  const { ready, broken, waiting } = await canaryReadiness(ctx, rollout);
  if (ready) return;
  throw precondition(
    "The new version cannot take all requests: not every gateway serves it.",
    `${broken ?? waiting} Wait until every gateway serves it, or abort the rollout.`,
    { waiting: broken ?? waiting },
  );
}

async function command(ctx: Ctx, rollout: ParsedRollout, verb: RolloutAction, reason: string): Promise<void> {
  const state = nextRolloutState(rollout.state, verb);
  if (!state) {
    throw conflict(
      `The rollout is ${rollout.state.replaceAll("_", " ")}; it cannot ${verb} now.`,
      "Reload to see its present state.",
      {
        state: rollout.state,
      },
    );
  }
  const written = await ctx.db
    .update(rollouts)
    .set({
      ...changesOf(rollout, verb, ctx.now()),
      // What never had traffic has nothing to bring back.
      ...(isFinished(state) ? { finishedAt: ctx.now() } : {}),
      state,
      stateReason: reason || WORDS[verb].text,
    })
    .where(
      and(
        eq(rollouts.id, rollout.id),
        eq(rollouts.stageIndex, rollout.stageIndex),
        inArray(rollouts.state, statesAllowing(verb)),
      ),
    )
    .returning({ id: rollouts.id });
  if (written.length === 0) throw conflict("The rollout has just moved on.", "Reload and decide again.");
  await recordRollout(ctx, {
    rolloutId: rollout.id,
    dedupKey: `${verb}-${ctx.requestId}`,
    kind: WORDS[verb].kind,
    text: reason ? `${WORDS[verb].text}: ${reason}` : WORDS[verb].text,
  });
  await emit(ctx, { type: "serving.rollout_commanded", payload: { rolloutId: rollout.id, command: verb } });
  await rerouted(ctx, rollout.deploymentId);
}

/** A person's word to a running canary. Promote and abort want a reason; an abort always has one. */
export const controlRollout = mutation(
  {
    name: "serving.rollout.control",
    permission: "serving.rollout.control",
    input: ControlRolloutInput,
    summary: "Pause, resume, promote or abort a rollout",
  },
  async ({ ctx, input }) => {
    const rollout = parseRollout(await loadRollout(ctx, input.rolloutId));
    if ((input.command === "abort" || input.command === "promote") && input.reason.length < 3) {
      throw invalidField("reason", "is needed: say why, in at least 3 characters");
    }
    if (input.stageIndex !== undefined && input.stageIndex !== rollout.stageIndex) {
      throw conflict("The rollout has moved to another stage since you looked.", "Reload and decide again.", {
        stageIndex: rollout.stageIndex,
      });
    }
    if (input.command === "promote") {
      const deployment = await loadDeploymentById(ctx, rollout.deploymentId);
      await requireAdmitted(ctx, deployment, rollout.toVersionId);
      if (nextRolloutState(rollout.state, "promote")) await requireServed(ctx, rollout);
    }
    await command(ctx, rollout, input.command, input.reason);
    await audit(ctx, {
      action: `serving.rollout.${input.command}`,
      subject: { kind: "rollout", id: rollout.id },
      before: { state: rollout.state, stageIndex: rollout.stageIndex },
      after: { command: input.command },
      reason: input.reason || undefined,
    });
    return { rolloutId: rollout.id, command: input.command };
  },
);

/** The version before becomes stable again: it must have been admitted when it served, whatever was said of it later. */
async function swapBack(ctx: Ctx, deployment: Deployment, reason: string): Promise<void> {
  const { name, environment, previousVersionId, stableVersionId, generation } = deployment;
  if (!previousVersionId)
    throw precondition(`${name} has no version to go back to.`, "Deploy another version instead.");
  const { admitted, missing } = await admissionOf(ctx.db, previousVersionId, environment, {
    asServing: true,
  });
  if (!admitted)
    throw precondition(
      `The version before is not admitted to ${environment}, so no gateway would serve it.`,
      `Missing: ${missing.join("; ")}. Deploy another version instead.`,
      { missing },
    );
  const swapped = await ctx.db
    .update(deployments)
    .set({ stableVersionId: previousVersionId, previousVersionId: stableVersionId })
    .where(and(eq(deployments.id, deployment.id), eq(deployments.generation, generation)))
    .returning({ id: deployments.id });
  if (swapped.length === 0)
    throw conflict(`${name} has just been changed by someone else.`, "Reload and decide again.");
  // Who goes forth and back decides for themselves from here on.
  await ctx.db
    .update(rollouts)
    .set({ watchUntil: null })
    .where(and(eq(rollouts.deploymentId, deployment.id), isNotNull(rollouts.watchUntil)));
  if (stableVersionId)
    await recordSetback(ctx, deployment, { versionId: stableVersionId, rolloutId: null, reason });
  await rerouted(ctx, deployment.id);
}

/** One click back to the version before: aborts a running rollout, else swaps stable and previous. */
export const rollBack = mutation(
  {
    name: "serving.deployment.roll-back",
    permission: "serving.rollout.control",
    input: RollBackInput,
    summary: "Roll a deployment back",
  },
  async ({ ctx, input }) => {
    const deployment = await loadDeployment(ctx, input.name);
    const running = await openRollout(ctx, deployment.id);
    if (running) await command(ctx, parseRollout(running), "abort", input.reason);
    else await swapBack(ctx, deployment, input.reason);
    await audit(ctx, {
      action: "serving.deployment.roll-back",
      subject: { kind: "deployment", id: deployment.id, label: deployment.name },
      before: { versionId: deployment.stableVersionId, rolloutId: running?.id ?? null },
      after: { versionId: running ? deployment.stableVersionId : deployment.previousVersionId },
      reason: input.reason,
    });
    return { name: deployment.name };
  },
);

/** Takes a deployment out of service; its name and history stay. */
export const retireDeployment = mutation(
  {
    name: "serving.deployment.retire",
    permission: "serving.deployment.write",
    input: RetireInput,
    summary: "Retire a deployment",
  },
  async ({ ctx, input }) => {
    const deployment = await loadDeployment(ctx, input.name);
    const running = await openRollout(ctx, deployment.id);
    if (running) throw conflict(`A rollout is under way on ${deployment.name}.`, "Abort it first.");
    await ctx.db.update(deployments).set({ retiredAt: ctx.now() }).where(eq(deployments.id, deployment.id));
    await rerouted(ctx, deployment.id);
    await audit(ctx, {
      action: "serving.deployment.retire",
      subject: { kind: "deployment", id: deployment.id, label: deployment.name },
      before: { versionId: deployment.stableVersionId },
      reason: input.reason,
    });
    return { name: deployment.name };
  },
);
