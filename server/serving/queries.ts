import { and, desc, eq, gte, ilike, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { z } from "zod";
import { deployments, rolloutEvents, rollouts, trafficSeconds } from "@/db/schema";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { readableModels, readableVersions, servedBy } from "@/server/registry";
import { admissionNow, admissionOf } from "./admission";
import { loadDeployment, loadRollout, openRollout, parseRollout } from "./load";
import { servingState } from "./gateways";
import { canaryReadiness, stableReadiness } from "./readiness";
import { allowedActions } from "./rollout/states";
import { StoredVerdict } from "./rollout/stored-verdict";
import { watchOf } from "./promotion-watch";
import { DeploymentRef, ListDeploymentsInput, RolloutRef } from "./schemas";

const READ = "serving.deployment.read" as const;

interface VersionLabel {
  id: string;
  number: number;
  manifestDigest: string | null;
}

/** Numbers and digests of versions, by id. */
export async function versionLabels(
  ctx: Ctx,
  ids: readonly (string | null)[],
): Promise<Map<string, VersionLabel>> {
  const wanted = ids.filter((id): id is string => id !== null);
  if (wanted.length === 0) return new Map();
  const rows = await ctx.db
    .select({
      id: readableVersions.id,
      number: readableVersions.number,
      manifestDigest: readableVersions.manifestDigest,
    })
    .from(readableVersions)
    .where(inArray(readableVersions.id, wanted));
  return new Map(rows.map((row) => [row.id, row]));
}

const Cursor = z.tuple([z.number(), z.string()]);
const Tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.union([z.number(), z.string(), z.null()])),
});
const Signature = z.object({
  inputs: z.array(Tensor),
  outputs: z.array(Tensor),
  featureNames: z.array(z.string()).optional(),
});

const Named = z.object({
  inputs: z.array(z.object({ name: z.string(), featureNames: z.array(z.string()).optional() })),
});

/** What the model file declares, with the names that the contract, or else the file, gives to the values of a row. */
function withFeatureNames(version: { signature: unknown; contract: unknown }) {
  const { data } = Signature.safeParse(version.signature);
  if (!data) return null;
  const named = Named.safeParse(version.contract).data?.inputs ?? [];
  const inputs = data.inputs.map((tensor) => ({
    ...tensor,
    featureNames:
      named.find(({ name }) => name === tensor.name)?.featureNames ??
      (data.inputs.length === 1 ? data.featureNames : undefined) ??
      [],
  }));
  return { ...data, inputs };
}

const TREND_STEP = 15;
const TREND_POINTS = 300 / TREND_STEP;

/** Requests of the last five minutes in steps of 15 s, for a word-sized line. */
async function requestTrends(
  ctx: Ctx,
  rows: readonly { id: string }[],
  since: number,
): Promise<Map<string, number[]>> {
  if (rows.length === 0) return new Map();
  const found = await ctx.db
    .select({
      id: trafficSeconds.deploymentId,
      step: sql<number>`((${trafficSeconds.second} - ${since}) / ${sql.raw(String(TREND_STEP))})::int`,
      requests: sql<number>`sum(${trafficSeconds.requests})::int`,
    })
    .from(trafficSeconds)
    .where(
      and(
        inArray(
          trafficSeconds.deploymentId,
          rows.map((row) => row.id),
        ),
        gte(trafficSeconds.second, since),
      ),
    )
    .groupBy(sql`1`, sql`2`);
  const trends = new Map<string, number[]>();
  for (const { id, step, requests } of found) {
    const line = trends.get(id) ?? Array.from({ length: TREND_POINTS }, () => 0);
    if (step >= 0 && step < TREND_POINTS) line[step] = requests;
    trends.set(id, line);
  }
  return trends;
}

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
        modelName: readableModels.name,
        ownerName: people.name,
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
      .innerJoin(readableModels, eq(readableModels.id, deployments.modelId))
      .leftJoin(people, eq(people.id, deployments.ownerId))
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
    const trends = await requestTrends(ctx, page.items, since);
    return {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        ...row,
        trend: trends.get(row.id) ?? [],
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
      .select({ modelName: readableModels.name, ownerName: people.name })
      .from(deployments)
      .innerJoin(readableModels, eq(readableModels.id, deployments.modelId))
      .leftJoin(people, eq(people.id, deployments.ownerId))
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
            id: readableVersions.id,
            signature: readableVersions.signature,
            contract: readableVersions.contract,
            weightsPath: readableVersions.weightsPath,
            weightsDigest: readableVersions.weightsDigest,
            evidence: readableVersions.evidence,
            endpoint: readableVersions.endpoint,
          })
          .from(readableVersions)
          .where(eq(readableVersions.id, deployment.stableVersionId))
      : [];
    const admission = stable ? await admissionNow(ctx, stable.id, deployment.environment) : null;
    const watch = await watchOf(ctx, deployment);
    const mayStop = admission?.fallen.some(({ onFallOut }) => onFallOut === "stop") ?? false;
    const readiness = deployment.stableVersionId
      ? await stableReadiness(ctx, deployment.id, deployment.stableVersionId)
      : null;
    return {
      ...deployment,
      /** What the live gateways make of the stable version: which of them lacks it, and why. */
      serving: readiness && {
        state: servingState(readiness),
        gateways: readiness.gateways,
        words: readiness.ready ? "" : (readiness.broken ?? readiness.waiting),
      },
      modelName: about?.modelName ?? "",
      ownerName: about?.ownerName ?? "",
      stable: label(deployment.stableVersionId),
      previous: label(deployment.previousVersionId),
      admission,
      /** Whether a policy in force ended the stable version's serving. */
      stopped:
        stable !== undefined &&
        mayStop &&
        !(await admissionOf(ctx.db, stable.id, deployment.environment, { asServing: true, now: ctx.now() }))
          .admitted,
      /** Tensors that the model file declares; null until it has been read. */
      signature: stable ? withFeatureNames(stable) : null,
      /** What runs the stable version, in words. */
      runtime: stable ? servedBy(stable).words : null,
      gatewayUrl: env().gatewayUrl,
      rolloutId: running?.id ?? null,
      /** Until when the stable version is compared with the one before it, and what then happens; null when it is not. */
      watch: watch && { ...watch, from: label(watch.fromVersionId) },
      rollouts: history.map((row) => ({
        id: row.id,
        state: row.state,
        stateReason: row.stateReason,
        /** It takes all requests as soon as every gateway serves it, without stages. */
        atOnce: Array.isArray(row.stages) && row.stages.length === 0,
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
        modelName: readableModels.name,
      })
      .from(deployments)
      .innerJoin(readableModels, eq(readableModels.id, deployments.modelId))
      .where(eq(deployments.id, rollout.deploymentId));
    const timeline = await ctx.db
      .select({
        id: rolloutEvents.id,
        kind: rolloutEvents.kind,
        text: rolloutEvents.text,
        detail: rolloutEvents.detail,
        at: rolloutEvents.at,
        actor: sql<string>`coalesce(${people.name}, 'Modelworks')`,
      })
      .from(rolloutEvents)
      .leftJoin(people, eq(people.id, rolloutEvents.actorId))
      .where(eq(rolloutEvents.rolloutId, rollout.id))
      .orderBy(desc(rolloutEvents.at), desc(rolloutEvents.id));
    const readiness = rollout.finishedAt === null ? await canaryReadiness(ctx, rollout) : null;
    return {
      ...rollout,
      /** Live gateways and whether each serves the new version; null once the rollout has ended. */
      gateways: readiness?.gateways ?? null,
      /** Why it may not take all traffic now, in words; empty when every live gateway serves it. */
      notServed: readiness && !readiness.ready ? (readiness.broken ?? readiness.waiting) : "",
      /** The latest decision; null before the first look. */
      verdict: StoredVerdict.safeParse(rollout.verdict).data ?? null,
      deployment: deployment ?? null,
      from: rollout.fromVersionId ? (labels.get(rollout.fromVersionId) ?? null) : null,
      to: labels.get(rollout.toVersionId) ?? null,
      allowed: allowedActions(rollout.state),
      timeline,
    };
  },
);
