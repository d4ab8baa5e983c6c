import { and, desc, eq, ilike, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { deployments, modelVersions, registeredModels, rolloutEvents, rollouts, users } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { admissionOf } from "./admission";
import { loadDeployment, loadRollout, openRollout, parseRollout } from "./load";
import { allowedActions } from "./rollout/states";
import { DeploymentRef, ListDeploymentsInput, RolloutRef } from "./schemas";

const READ = "serving.deployment.read" as const;

interface VersionLabel {
  id: string;
  number: number;
  manifestDigest: string | null;
}

async function versionLabels(ctx: Ctx, ids: readonly (string | null)[]): Promise<Map<string, VersionLabel>> {
  const wanted = ids.filter((id): id is string => id !== null);
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .select({
      id: modelVersions.id,
      number: modelVersions.number,
      manifestDigest: modelVersions.manifestDigest,
    })
    .from(modelVersions)
    .where(inArray(modelVersions.id, wanted));
  return new Map(rows.map((row) => [row.id, row]));
}

const Cursor = z.tuple([z.number(), z.string()]);

/** The team's endpoints with what each serves now and its last five minutes. */
export const listDeployments = query(
  {
    name: "serving.deployment.list",
    permission: READ,
    input: ListDeploymentsInput,
    summary: "List deployments",
  },
  async ({ ctx, input }) => {
    const after = decodeCursor(input.cursor, Cursor);
    const since = Math.floor(ctx.now().getTime() / 1000) - 300;
    const rows = await ctx.db
      .select({
        id: deployments.id,
        name: deployments.name,
        environment: deployments.environment,
        modelName: registeredModels.name,
        ownerName: users.name,
        stableVersionId: deployments.stableVersionId,
        updatedAt: deployments.updatedAt,
        rolloutId: rollouts.id,
        rolloutState: rollouts.state,
        sharePercent: rollouts.sharePercent,
        canaryVersionId: rollouts.toVersionId,
        requests: sql<number>`(select coalesce(sum(requests), 0)::int from traffic_seconds t where t.deployment_id = ${deployments.id} and t.second >= ${since})`,
        errors: sql<number>`(select coalesce(sum(errors), 0)::int from traffic_seconds t where t.deployment_id = ${deployments.id} and t.second >= ${since})`,
      })
      .from(deployments)
      .innerJoin(registeredModels, eq(registeredModels.id, deployments.modelId))
      .leftJoin(users, eq(users.id, deployments.ownerId))
      .leftJoin(rollouts, and(eq(rollouts.deploymentId, deployments.id), isNull(rollouts.finishedAt)))
      .where(
        and(
          eq(deployments.teamId, ctx.actor.teamId),
          isNull(deployments.retiredAt),
          input.environment ? eq(deployments.environment, input.environment) : undefined,
          input.q ? ilike(deployments.name, `%${input.q.replace(/[\\%_]/g, "\\$&")}%`) : undefined,
          after
            ? or(
                lt(deployments.updatedAt, new Date(after[0])),
                and(eq(deployments.updatedAt, new Date(after[0])), lt(deployments.id, after[1])),
              )
            : undefined,
        ),
      )
      .orderBy(desc(deployments.updatedAt), desc(deployments.id))
      .limit(input.limit + 1);
    const page = toPage(rows, input.limit, (row) => [row.updatedAt.getTime(), row.id]);
    const labels = await versionLabels(
      ctx,
      page.items.flatMap((row) => [row.stableVersionId, row.canaryVersionId]),
    );
    return {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        ...row,
        stableVersion: row.stableVersionId ? (labels.get(row.stableVersionId)?.number ?? null) : null,
        canaryVersion: row.canaryVersionId ? (labels.get(row.canaryVersionId)?.number ?? null) : null,
      })),
    };
  },
);

/** One endpoint: versions, open rollout, history, and whether what it serves is still admitted. */
export const getDeployment = query(
  { name: "serving.deployment.get", permission: READ, input: DeploymentRef, summary: "One deployment" },
  async ({ ctx, input }) => {
    const deployment = await loadDeployment(ctx, input.name);
    const [about] = await ctx.db
      .select({ modelName: registeredModels.name, ownerName: users.name })
      .from(deployments)
      .innerJoin(registeredModels, eq(registeredModels.id, deployments.modelId))
      .leftJoin(users, eq(users.id, deployments.ownerId))
      .where(eq(deployments.id, deployment.id));
    const running = await openRollout(ctx, deployment.id);
    const history = await ctx.db
      .select()
      .from(rollouts)
      .where(eq(rollouts.deploymentId, deployment.id))
      .orderBy(desc(rollouts.createdAt))
      .limit(50);
    const labels = await versionLabels(ctx, [
      deployment.stableVersionId,
      deployment.previousVersionId,
      ...history.flatMap((row) => [row.fromVersionId, row.toVersionId]),
    ]);
    const label = (id: string | null) => (id ? (labels.get(id) ?? null) : null);
    const [stable] = deployment.stableVersionId
      ? await ctx.db
          .select({
            id: modelVersions.id,
            manifestDigest: modelVersions.manifestDigest,
            weightsDigest: modelVersions.weightsDigest,
          })
          .from(modelVersions)
          .where(eq(modelVersions.id, deployment.stableVersionId))
      : [];
    return {
      ...deployment,
      modelName: about?.modelName ?? "",
      ownerName: about?.ownerName ?? "",
      stable: label(deployment.stableVersionId),
      previous: label(deployment.previousVersionId),
      admission: stable ? await admissionOf(ctx.db, stable, deployment.environment) : null,
      rolloutId: running?.id ?? null,
      rollouts: history.map((row) => ({
        id: row.id,
        state: row.state,
        stateReason: row.stateReason,
        from: label(row.fromVersionId),
        to: label(row.toVersionId),
        sharePercent: row.sharePercent,
        createdAt: row.createdAt,
        finishedAt: row.finishedAt,
      })),
    };
  },
);

/** One rollout: ladder, verdicts, timeline, and what a person may do now. */
export const getRollout = query(
  { name: "serving.rollout.get", permission: READ, input: RolloutRef, summary: "One rollout" },
  async ({ ctx, input }) => {
    const rollout = parseRollout(await loadRollout(ctx, input.rolloutId));
    const labels = await versionLabels(ctx, [rollout.fromVersionId, rollout.toVersionId]);
    const [deployment] = await ctx.db
      .select({
        name: deployments.name,
        environment: deployments.environment,
        modelName: registeredModels.name,
      })
      .from(deployments)
      .innerJoin(registeredModels, eq(registeredModels.id, deployments.modelId))
      .where(eq(deployments.id, rollout.deploymentId));
    const timeline = await ctx.db
      .select({
        id: rolloutEvents.id,
        kind: rolloutEvents.kind,
        text: rolloutEvents.text,
        detail: rolloutEvents.detail,
        at: rolloutEvents.at,
        actor: sql<string>`coalesce(${users.name}, 'Modelworks')`,
      })
      .from(rolloutEvents)
      .leftJoin(users, eq(users.id, rolloutEvents.actorId))
      .where(eq(rolloutEvents.rolloutId, rollout.id))
      .orderBy(desc(rolloutEvents.at), desc(rolloutEvents.id));
    return {
      ...rollout,
      deployment: deployment ?? null,
      from: rollout.fromVersionId ? (labels.get(rollout.fromVersionId) ?? null) : null,
      to: labels.get(rollout.toVersionId) ?? null,
      allowed: allowedActions(rollout.state),
      timeline,
    };
  },
);
