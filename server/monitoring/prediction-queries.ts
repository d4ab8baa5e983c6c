import { and, desc, eq, gte, isNotNull, isNull, like, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import {
  datasets,
  datasetVersions,
  deployments,
  experiments,
  feedback,
  modelVersions,
  predictions,
  registeredModels,
  runInputs,
  runs,
  users,
} from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { ListPredictionsInput, PredictionRef } from "./schemas";
import { loadMonitored } from "./traffic-queries";

const READ = "monitoring.prediction.read" as const;

function outcomeIs(outcome: string | undefined, latencyBoundMs: number): SQL | undefined {
  if (outcome === "failed") return gte(predictions.status, 500);
  if (outcome === "slow") return sql`${predictions.latencyMs} > ${latencyBoundMs}`;
  if (outcome === "correct") return eq(feedback.isCorrect, true);
  if (outcome === "wrong") return eq(feedback.isCorrect, false);
  return outcome === "unlabelled" ? isNull(feedback.predictionId) : undefined;
}

export const listPredictions = query(
  {
    name: "monitoring.prediction.list",
    permission: READ,
    input: ListPredictionsInput,
    summary: "Predictions of a deployment, newest first",
  },
  async ({ ctx, input }) => {
    const deployment = await loadMonitored(ctx, input.name);
    const after = decodeCursor(input.cursor, z.tuple([z.string(), z.string()]));
    const rows = await ctx.db
      .select({
        id: predictions.id,
        at: predictions.at,
        arm: predictions.arm,
        version: modelVersions.number,
        status: predictions.status,
        error: predictions.error,
        latencyMs: predictions.latencyMs,
        predicted: predictions.predicted,
        outcome: feedback.value,
        isCorrect: feedback.isCorrect,
        sortKey: sql<string>`to_char(${predictions.at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      })
      .from(predictions)
      .leftJoin(feedback, eq(feedback.predictionId, predictions.id))
      .leftJoin(modelVersions, eq(modelVersions.id, predictions.versionId))
      .where(
        and(
          eq(predictions.deploymentId, deployment.id),
          eq(predictions.teamId, ctx.actor.teamId),
          input.q ? like(predictions.id, `${input.q.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`) : undefined,
          input.arm ? eq(predictions.arm, input.arm) : undefined,
          input.rolloutId ? eq(predictions.rolloutId, input.rolloutId) : undefined,
          outcomeIs(input.outcome, deployment.latencyBoundMs),
          after
            ? sql`(${predictions.at}, ${predictions.id}) < (${after[0]}::timestamptz, ${after[1]})`
            : undefined,
        ),
      )
      .orderBy(desc(predictions.at), desc(predictions.id))
      .limit(input.limit + 1);
    return toPage(rows, input.limit, (row) => [row.sortKey, row.id]);
  },
);

/** Where a version came from: run, dataset versions, code. Newest link first as the line reads backwards. */
async function originOf(ctx: Ctx, versionId: string) {
  const [version] = await ctx.db
    .select({
      id: modelVersions.id,
      number: modelVersions.number,
      model: registeredModels.name,
      manifestDigest: modelVersions.manifestDigest,
      codeCommit: modelVersions.codeCommit,
      jobId: modelVersions.jobId,
      runId: runs.id,
      runName: runs.name,
      experimentId: runs.experimentId,
      experiment: experiments.name,
    })
    .from(modelVersions)
    .innerJoin(registeredModels, eq(registeredModels.id, modelVersions.modelId))
    .leftJoin(runs, eq(runs.id, modelVersions.runId))
    .leftJoin(experiments, eq(experiments.id, runs.experimentId))
    .where(and(eq(modelVersions.id, versionId), eq(modelVersions.teamId, ctx.actor.teamId)));
  if (!version) return null;
  const data = version.runId
    ? await ctx.db
        .selectDistinct({
          id: datasetVersions.id,
          slug: datasets.slug,
          number: datasetVersions.number,
          contentDigest: datasetVersions.contentDigest,
        })
        .from(runInputs)
        .innerJoin(datasetVersions, eq(datasetVersions.id, runInputs.datasetVersionId))
        .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
        .where(and(eq(runInputs.runId, version.runId), isNotNull(runInputs.datasetVersionId)))
    : [];
  return { ...version, datasets: data };
}

/** One prediction with what came of it and everything it came from. */
export const getPrediction = query(
  {
    name: "monitoring.prediction.get",
    permission: READ,
    input: PredictionRef,
    summary: "One prediction and its origins",
  },
  async ({ ctx, input }) => {
    const [row] = await ctx.db
      .select({
        prediction: predictions,
        deployment: deployments.name,
        outcome: feedback.value,
        isCorrect: feedback.isCorrect,
        outcomeAt: feedback.at,
        outcomeBy: users.name,
      })
      .from(predictions)
      .leftJoin(deployments, eq(deployments.id, predictions.deploymentId))
      .leftJoin(feedback, eq(feedback.predictionId, predictions.id))
      .leftJoin(users, eq(users.id, feedback.givenBy))
      .where(and(eq(predictions.id, input.predictionId), eq(predictions.teamId, ctx.actor.teamId)));
    if (!row) throw notFound("prediction", input.predictionId);
    const { prediction, outcome, isCorrect, outcomeAt, outcomeBy, deployment } = row;
    return {
      ...prediction,
      deployment,
      feedback:
        outcome === null || outcomeAt === null
          ? null
          : { value: outcome, isCorrect: isCorrect ?? false, at: outcomeAt, by: outcomeBy },
      origin: await originOf(ctx, prediction.versionId),
    };
  },
);
