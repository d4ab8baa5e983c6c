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
import { openRollout, type Deployment } from "./load";
import { recordRollout, rerouted } from "./record";
import { deploymentNameOf, standardPlan } from "./rules";
import { DeployInput } from "./schemas";

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

async function replaceAtOnce(ctx: Ctx, deployment: Deployment, version: ModelVersion): Promise<void> {
  await ctx.db
    .update(deployments)
    .set({ stableVersionId: version.id, previousVersionId: deployment.stableVersionId, retiredAt: null })
    .where(eq(deployments.id, deployment.id));
  await rerouted(ctx, deployment.id);
}

async function startRollout(
  ctx: Ctx,
  deployment: Deployment,
  version: ModelVersion,
  input: DeployInput,
): Promise<string> {
  const plan = input.plan ?? standardPlan(deployment.latencyBoundMs);
  const first = plan.stages[0];
  const id = newId("rollout");
  await ctx.db.insert(rollouts).values({
    id,
    teamId: deployment.teamId,
    deploymentId: deployment.id,
    fromVersionId: deployment.stableVersionId,
    toVersionId: version.id,
    state: "running",
    stateReason: `Stage 1 of ${plan.stages.length}`,
    stages: plan.stages,
    criteria: plan.criteria,
    stageIndex: 0,
    stageStartedAt: ctx.now(),
    sharePercent: first?.sharePercent ?? 0,
    createdBy: ctx.actor.userId,
    createdAt: ctx.now(),
  });
  await recordRollout(ctx, {
    rolloutId: id,
    dedupKey: "started",
    kind: "started",
    text: `Started: ${first?.sharePercent ?? 0}% of requests go to version ${version.number}`,
  });
  await emit(ctx, { type: "serving.rollout_started", payload: { rolloutId: id } });
  await rerouted(ctx, deployment.id);
  return id;
}

/**
 * Deploys a version. Staging, and the first version of a deployment, take all traffic at once; any later version goes to production
 * as a canary. Either way the signed evidence for that environment must be complete.
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
    if (running) {
      throw conflict(
        `A rollout is under way on ${deployment.name}.`,
        "Wait for it to end, or abort it first.",
        { rolloutId: running.id },
      );
    }
    const isCurrent = deployment.stableVersionId === version.id && !deployment.retiredAt;
    const asCanary =
      input.environment === "production" &&
      deployment.stableVersionId !== null &&
      !deployment.retiredAt &&
      !isCurrent;
    const rolloutId = asCanary ? await startRollout(ctx, deployment, version, input) : null;
    if (!asCanary && !isCurrent) await replaceAtOnce(ctx, deployment, version);
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
    });
    return {
      deploymentId: deployment.id,
      name: deployment.name,
      rolloutId,
      versionId: version.id,
      unchanged: isCurrent,
    };
  },
);
