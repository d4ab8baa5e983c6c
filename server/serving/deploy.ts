import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { deployments, lineageEdges, rollouts } from "@/db/schema";
import { getVersion, markStage, type ModelVersion } from "@/server/registry";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { admissionNow } from "./admission";
import { openRollout, type Deployment, type RolloutRow } from "./load";
import { defaultPlan } from "./plan-power";
import { recordRollout, rerouted } from "./record";
import type { RolloutPlan } from "./rollout/schemas";
import { deploymentNameOf, standardCriteria, usualWatch } from "./rules";
import { DeployInput } from "./schemas";
import { requireReasonAgain } from "./setbacks";

const ContractBound = z.object({ latencyBoundMs: z.number().gt(0) });

/** The contract's own latency bound; 100 ms when it names none. */
function boundOf(version: ModelVersion): number {
  const parsed = ContractBound.safeParse(version.contract);
  return parsed.success ? parsed.data.latencyBoundMs : 100;
}

async function requireAdmission(ctx: Ctx, version: ModelVersion, environment: string): Promise<void> {
  if (version.state !== "ready") {
    throw precondition(
      `Version ${version.number} of ${version.modelName} is ${version.state}.`,
      version.stateText || "Wait until it is ready.",
    );
  }
  const { admitted, missing } = await admissionNow(ctx, version.id, environment);
  if (admitted) return;
  throw precondition(
    `Version ${version.number} of ${version.modelName} is not admitted to ${environment}.`,
    `Missing: ${missing.join("; ")}.`,
    { missing },
  );
}

/** The deployment row, made on first use and locked; a name that another model or environment of the team holds is a conflict. */
async function lockDeployment(ctx: Ctx, input: DeployInput, version: ModelVersion): Promise<Deployment> {
  const name = input.name ?? deploymentNameOf(version.modelName, input.environment);
  await ctx.db
    .insert(deployments)
    .values({
      id: newId("deployment"),
      teamId: ctx.actor.teamId,
      name,
      modelId: version.modelId,
      environment: input.environment,
      latencyBoundMs: input.latencyBoundMs ?? boundOf(version),
      feedbackTarget: input.feedbackTarget ?? null,
      ownerId: ctx.actor.userId,
    })
    .onConflictDoNothing({ target: [deployments.teamId, deployments.name] });
  const [row] = await ctx.db
    .select()
    .from(deployments)
    .where(and(eq(deployments.teamId, ctx.actor.teamId), eq(deployments.name, name)))
    .for("update");
  if (!row || row.modelId !== version.modelId || row.environment !== input.environment) {
    throw conflict(`The deployment name ${name} is taken.`, "Give another name.", {
      fields: { name: "is taken" },
    });
  }
  return row;
}

/** The first version of a name: nothing answers yet, so nothing can get worse; the page says which gateway still lacks it. */
async function serveFirst(ctx: Ctx, deployment: Deployment, version: ModelVersion): Promise<void> {
  await ctx.db
    .update(deployments)
    .set({ stableVersionId: version.id, previousVersionId: deployment.stableVersionId, retiredAt: null })
    .where(eq(deployments.id, deployment.id));
  await rerouted(ctx, deployment.id);
}

/**
 * Begins a rollout: gateways load the version, and it gets its first traffic when every live one serves it. Without stages it then takes
 * all requests at once.
 */
async function startRollout(
  ctx: Ctx,
  deployment: Deployment,
  version: ModelVersion,
  plan: Pick<RolloutPlan, "criteria"> & { stages: RolloutPlan["stages"] | [] },
): Promise<string> {
  const id = newId("rollout");
  const boundMs = plan.criteria.slowShare?.latencyBoundMs;
  // Slow is counted once, by the deployment's bound: the newest plan says what it is.
  if (plan.stages.length > 0 && boundMs !== undefined && boundMs !== deployment.latencyBoundMs)
    await ctx.db
      .update(deployments)
      .set({ latencyBoundMs: boundMs })
      .where(eq(deployments.id, deployment.id));
  await ctx.db.insert(rollouts).values({
    id,
    teamId: deployment.teamId,
    deploymentId: deployment.id,
    fromVersionId: deployment.stableVersionId,
    toVersionId: version.id,
    state: "pending",
    stateReason: `Waiting for every gateway to serve version ${version.number}`,
    stages: plan.stages,
    criteria: { ...plan.criteria, watch: plan.criteria.watch ?? usualWatch(deployment.environment) },
    stageIndex: 0,
    sharePercent: 0,
    createdBy: ctx.actor.userId,
    createdAt: ctx.now(),
  });
  await recordRollout(ctx, {
    rolloutId: id,
    dedupKey: "deploying",
    kind: "deploying",
    text: `Gateways load version ${version.number}; it gets no request before every one of them serves it`,
  });
  await emit(ctx, { type: "serving.rollout_started", payload: { rolloutId: id } });
  await rerouted(ctx, deployment.id);
  return id;
}

/** A version that only waits to take a name at once gives way to the next one. */
async function giveWay(ctx: Ctx, running: RolloutRow, version: ModelVersion): Promise<boolean> {
  const isAtOnce = Array.isArray(running.stages) && running.stages.length === 0;
  if (running.state !== "pending" || !isAtOnce) return false;
  const reason = `Replaced by version ${version.number} before it served`;
  await ctx.db
    .update(rollouts)
    .set({ state: "aborted", stateReason: reason, finishedAt: ctx.now() })
    .where(and(eq(rollouts.id, running.id), eq(rollouts.state, "pending")));
  await recordRollout(ctx, { rolloutId: running.id, dedupKey: "replaced", kind: "aborted", text: reason });
  return true;
}

type Effect = "unchanged" | "first" | "at_once" | "canary";

/** What a deploy does: production compares a later version with the one before; elsewhere a plan asks for it. */
function effectOf(deployment: Deployment, version: ModelVersion, input: DeployInput): Effect {
  const isServing = deployment.stableVersionId !== null && !deployment.retiredAt;
  if (!isServing) return "first";
  if (deployment.stableVersionId === version.id) return "unchanged";
  return input.environment === "production" || input.plan ? "canary" : "at_once";
}

async function take(
  ctx: Ctx,
  deployment: Deployment,
  version: ModelVersion,
  input: DeployInput,
): Promise<{ effect: Effect; rolloutId: string | null }> {
  const effect = effectOf(deployment, version, input);
  if (effect !== "unchanged")
    await requireReasonAgain(ctx, {
      versionId: version.id,
      environment: input.environment,
      reason: input.reason,
    });
  if (effect === "first") await serveFirst(ctx, deployment, version);
  if (effect === "first" || effect === "unchanged") return { effect, rolloutId: null };
  const plan =
    effect === "at_once"
      ? { stages: [], criteria: standardCriteria(deployment.latencyBoundMs) }
      : (input.plan ?? (await defaultPlan(ctx, deployment)));
  return { effect, rolloutId: await startRollout(ctx, deployment, version, plan) };
}

/**
 * Deploys a version. The first version of a deployment takes its name at once. A later one replaces what serves only when every live gateway
 * serves it: in staging with all requests at once (or by a plan, where one is given), in production as a canary. Either way the signed
 * evidence for that environment must be complete.
 */
export const deploy = mutation(
  {
    name: "serving.deployment.deploy",
    permission: "serving.deployment.write",
    input: DeployInput,
    summary: "Deploy a model version",
  },
  async ({ ctx, input }) => {
    const version = await getVersion.within(ctx, { name: input.model, version: input.version });
    await requireAdmission(ctx, version, input.environment);
    const deployment = await lockDeployment(ctx, input, version);
    const running = await openRollout(ctx, deployment.id);
    if (running && !(await giveWay(ctx, running, version))) {
      throw conflict(
        `A rollout is under way on ${deployment.name}.`,
        "Wait for it to end, or abort it first.",
        { rolloutId: running.id },
      );
    }
    const { effect, rolloutId } = await take(ctx, deployment, version, input);
    await ctx.db
      .insert(lineageEdges)
      .values({
        teamId: deployment.teamId,
        fromKind: "model_version",
        fromId: version.id,
        toKind: "deployment",
        toId: deployment.id,
        relation: "deployed",
        createdAt: ctx.now(),
      })
      .onConflictDoNothing();
    await markStage(ctx, version.id, input.environment === "staging" ? "Staging" : "Production");
    await audit(ctx, {
      action: "serving.deployment.deploy",
      subject: { kind: "deployment", id: deployment.id, label: deployment.name },
      before: { versionId: deployment.stableVersionId },
      after: { versionId: version.id, environment: input.environment, rolloutId },
      reason: input.reason,
    });
    return {
      deploymentId: deployment.id,
      name: deployment.name,
      rolloutId,
      versionId: version.id,
      unchanged: effect === "unchanged",
      /** "first" and "at_once" take all requests; the latter, and "canary", when every live gateway serves the version. */
      effect,
    };
  },
);
