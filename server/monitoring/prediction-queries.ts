import { and, asc, desc, eq, gte, isNotNull, like, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { feedback, feedbackRevisions, predictions } from "@/db/schema";
import { readableModels, readableVersions } from "@/server/registry";
import { readableExperiments, readableRunInputs, readableRuns } from "@/server/experiments";
import { readableDeployments } from "@/server/serving";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import { people } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { decodeCursor, toPage } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { ListPredictionsInput, PredictionRef } from "./schemas";
import { loadMonitored } from "./traffic-queries";

const READ = "monitoring.prediction.read" as const;

/** Outcomes that were told of a prediction's rows; `where` narrows them. */
const told = (where: SQL = sql`true`) =>
  sql`(select 1 from ${feedback} f where f.prediction_id = ${predictions.id} and ${where})`;

function outcomeIs(outcome: string | undefined, latencyBoundMs: number): SQL | undefined {
  if (outcome === "failed") return gte(predictions.status, 500);
  if (outcome === "slow") return sql`${predictions.latencyMs} > ${latencyBoundMs}`;
  if (outcome === "correct") return sql`exists ${told(sql`f.is_correct`)}`;
  if (outcome === "wrong") return sql`exists ${told(sql`not f.is_correct`)}`;
  return outcome === "unlabelled" ? sql`not exists ${told()}` : undefined;
}

/** Of a batch: how many rows were told an outcome, and how many of them are right. */
const ofRows = (what: SQL) =>
  sql`(select ${what} from ${feedback} f where f.prediction_id = ${predictions.id})`;

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
        version: readableVersions.number,
        status: predictions.status,
        error: predictions.error,
        latencyMs: predictions.latencyMs,
        predicted: predictions.predicted,
        rows: predictions.rows,
        outcome: sql<string | null>`${ofRows(sql`min(f.value)`)}`,
        outcomes: sql<number>`${ofRows(sql`count(*)::int`)}`,
        rightOutcomes: sql<number>`${ofRows(sql`count(*) filter (where f.is_correct)::int`)}`,
        isCorrect: sql<boolean | null>`${ofRows(sql`bool_and(f.is_correct)`)}`,
        sortKey: sql<string>`to_char(${predictions.at} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      })
      .from(predictions)
      .leftJoin(readableVersions, eq(readableVersions.id, predictions.versionId))
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
      id: readableVersions.id,
      number: readableVersions.number,
      model: readableModels.name,
      manifestDigest: readableVersions.manifestDigest,
      codeCommit: readableVersions.codeCommit,
      jobId: readableVersions.jobId,
      runId: readableRuns.id,
      runName: readableRuns.name,
      experimentId: readableRuns.experimentId,
      experiment: readableExperiments.name,
    })
    .from(readableVersions)
    .innerJoin(readableModels, eq(readableModels.id, readableVersions.modelId))
    .leftJoin(readableRuns, eq(readableRuns.id, readableVersions.runId))
    .leftJoin(readableExperiments, eq(readableExperiments.id, readableRuns.experimentId))
    .where(and(eq(readableVersions.id, versionId), eq(readableVersions.teamId, ctx.actor.teamId)));
  if (!version) return null;
  const data = version.runId
    ? await ctx.db
        .selectDistinct({
          id: readableDatasetVersions.id,
          slug: readableDatasets.slug,
          number: readableDatasetVersions.number,
          contentDigest: readableDatasetVersions.contentDigest,
        })
        .from(readableRunInputs)
        .innerJoin(
          readableDatasetVersions,
          eq(readableDatasetVersions.id, readableRunInputs.datasetVersionId),
        )
        .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
        .where(and(eq(readableRunInputs.runId, version.runId), isNotNull(readableRunInputs.datasetVersionId)))
    : [];
  return { ...version, datasets: data };
}

/** Rows of a batch whose outcomes are shown; all of them are counted. */
const MAX_SHOWN_ROWS = 100;

/** What was told of each row, the first rows first, and what had been told before it was corrected. */
async function outcomesOf(ctx: Ctx, predictionId: string) {
  const own = and(eq(feedback.predictionId, predictionId), eq(feedback.teamId, ctx.actor.teamId));
  const rows = await ctx.db
    .select({
      row: feedback.rowIndex,
      value: feedback.value,
      isCorrect: feedback.isCorrect,
      absError: feedback.absError,
      at: feedback.at,
      by: people.name,
    })
    .from(feedback)
    .leftJoin(people, eq(people.id, feedback.givenBy))
    .where(own)
    .orderBy(asc(feedback.rowIndex))
    .limit(MAX_SHOWN_ROWS);
  const before = await ctx.db
    .select({
      row: feedbackRevisions.rowIndex,
      value: feedbackRevisions.value,
      isCorrect: feedbackRevisions.isCorrect,
      at: feedbackRevisions.at,
      by: people.name,
    })
    .from(feedbackRevisions)
    .leftJoin(people, eq(people.id, feedbackRevisions.givenBy))
    .where(
      and(eq(feedbackRevisions.predictionId, predictionId), eq(feedbackRevisions.teamId, ctx.actor.teamId)),
    )
    .orderBy(desc(feedbackRevisions.at))
    .limit(MAX_SHOWN_ROWS);
  return rows.map((each) => ({ ...each, before: before.filter(({ row }) => row === each.row) }));
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
      .select({ prediction: predictions, deployment: readableDeployments.name })
      .from(predictions)
      .leftJoin(readableDeployments, eq(readableDeployments.id, predictions.deploymentId))
      .where(and(eq(predictions.id, input.predictionId), eq(predictions.teamId, ctx.actor.teamId)));
    if (!row) throw notFound("prediction", input.predictionId);
    const { prediction, deployment } = row;
    const outcomes = await outcomesOf(ctx, prediction.id);
    const [first] = outcomes;
    return {
      ...prediction,
      deployment,
      outcomes,
      /** The outcome of a request of one row. */
      feedback:
        prediction.rows === 1 && first
          ? { value: first.value, isCorrect: first.isCorrect, at: first.at, by: first.by }
          : null,
      origin: await originOf(ctx, prediction.versionId),
    };
  },
);
