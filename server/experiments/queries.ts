import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import {
  experiments,
  runInputs,
  runLatestMetrics,
  runModelInputs,
  runOutputs,
  runParams,
  runs,
  runTags,
} from "@/db/schema";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { groupBy } from "@/server/core/group-by";
import { int64Of, type Int64 } from "@/server/core/int64";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { experimentNumbers, loadRun, loadRuns, type Run } from "./load";
import { orderedRuns } from "./ordered-runs";
import { artifactRootOfRun } from "./rules";
import { RunIdInput, SearchExperimentsInput, SearchRunsInput } from "./schemas";
import { parseFilter, parseOrder } from "./search-filter";
import { compareText, runConditions } from "./search-sql";
import {
  attributeCondition,
  attributeOrder,
  millisAttribute,
  numberAttribute,
  textAttribute,
  type AttributeTable,
} from "./search-attributes";

export interface RunDetail extends Run {
  experimentName: string;
  artifactRoot: string;
  params: { key: string; value: string }[];
  tags: { key: string; value: string }[];
  metrics: { key: string; value: number; step: Int64; timestampMs: Int64; isNan: boolean }[];
  /** `dataset` is set where the digest is one of our dataset versions. */
  inputs: (typeof runInputs.$inferSelect & { dataset: { slug: string; number: number } | null })[];
  /** Logged models that the run read. */
  modelInputs: { modelId: string }[];
  outputs: { modelId: string; step: Int64 }[];
}

const byRun = <T extends { runId: string }>(rows: readonly T[]): Map<string, T[]> =>
  groupBy(rows, (row) => row.runId);

async function inputsOf(ctx: Ctx, runIds: readonly string[]) {
  const rows = await ctx.db
    .select({ input: runInputs, slug: readableDatasets.slug, number: readableDatasetVersions.number })
    .from(runInputs)
    .leftJoin(readableDatasetVersions, eq(readableDatasetVersions.id, runInputs.datasetVersionId))
    .leftJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(inArray(runInputs.runId, [...runIds]));
  return rows.map(({ input, slug, number }) => ({
    ...input,
    dataset: slug !== null && number !== null ? { slug, number } : null,
  }));
}

/** Logged models that the runs read (without a step) and made (with one). */
async function modelsOf(ctx: Ctx, runIds: readonly string[]) {
  const made = ctx.db
    .select({
      runId: runOutputs.runId,
      modelId: runOutputs.modelId,
      step: sql<string | null>`${runOutputs.step}::text`,
    })
    .from(runOutputs)
    .where(inArray(runOutputs.runId, [...runIds]));
  const read = ctx.db
    .select({
      runId: runModelInputs.runId,
      modelId: runModelInputs.modelId,
      step: sql<string | null>`null::text`,
    })
    .from(runModelInputs)
    .where(inArray(runModelInputs.runId, [...runIds]));
  const rows = await made.unionAll(read);
  return {
    outputs: byRun(
      rows.flatMap(({ step, ...row }) => (step === null ? [] : [{ ...row, step: int64Of(step) }])),
    ),
    modelInputs: byRun(rows.filter(({ step }) => step === null)),
  };
}

async function experimentNames(ctx: Ctx, rows: readonly Run[]): Promise<Map<number, string>> {
  const ids = [...new Set(rows.map((run) => run.experimentId))];
  const found = await ctx.db
    .select({ id: experiments.id, name: experiments.name })
    .from(experiments)
    .where(inArray(experiments.id, ids));
  return new Map(found.map(({ id, name }) => [id, name]));
}

/** Params, tags, latest metrics, inputs and outputs of many runs in six statements, whatever their number. */
export async function detailsOf(ctx: Ctx, rows: readonly Run[]): Promise<RunDetail[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((run) => run.id);
  const [params, tags, metrics, inputs, { outputs, modelInputs }] = [
    byRun(
      await ctx.db.select().from(runParams).where(inArray(runParams.runId, ids)).orderBy(asc(runParams.key)),
    ),
    byRun(await ctx.db.select().from(runTags).where(inArray(runTags.runId, ids)).orderBy(asc(runTags.key))),
    byRun(
      await ctx.db
        .select()
        .from(runLatestMetrics)
        .where(inArray(runLatestMetrics.runId, ids))
        .orderBy(asc(runLatestMetrics.key)),
    ),
    byRun(await inputsOf(ctx, ids)),
    await modelsOf(ctx, ids),
  ];
  const names = await experimentNames(ctx, rows);
  return rows.map((run) => ({
    ...run,
    experimentName: names.get(run.experimentId) ?? `Experiment ${run.experimentId}`,
    artifactRoot: artifactRootOfRun(run),
    params: (params.get(run.id) ?? []).map(({ key, value }) => ({ key, value })),
    tags: (tags.get(run.id) ?? []).map(({ key, value }) => ({ key, value })),
    metrics: (metrics.get(run.id) ?? []).map(({ key, value, step, timestampMs, isNan }) => ({
      key,
      value,
      step,
      timestampMs,
      isNan,
    })),
    inputs: inputs.get(run.id) ?? [],
    modelInputs: (modelInputs.get(run.id) ?? []).map(({ modelId }) => ({ modelId })),
    outputs: (outputs.get(run.id) ?? []).map(({ modelId, step }) => ({ modelId, step })),
  }));
}

/** A run that has just begun: nothing of it needs to be read again. */
export const detailOfNewRun = (
  run: Run,
  experimentName: string,
  tags: readonly { key: string; value: string }[],
): RunDetail => ({
  ...run,
  experimentName,
  artifactRoot: artifactRootOfRun(run),
  params: [],
  // In the order in which they will be read.
  tags: tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
  metrics: [],
  inputs: [],
  modelInputs: [],
  outputs: [],
});

/** One run with all that was logged to it. @throws AppError `not_found` */
export async function readRun(ctx: Ctx, id: string): Promise<RunDetail> {
  const [detail] = await detailsOf(ctx, [await loadRun(ctx, id)]);
  if (!detail) throw notFound("run", id);
  return detail;
}

export const getRun = query(
  { name: "experiments.run.get", permission: "experiments.run.read", input: RunIdInput, summary: "One run" },
  ({ ctx, input }) => readRun(ctx, input.runId),
);

const OffsetCursor = z.tuple([z.number().int().min(0)]);
const lifecycleOf = (viewType: string) =>
  viewType === "ALL" ? undefined : viewType === "DELETED_ONLY" ? "deleted" : "active";

/** MLflow's run search: filter grammar, any order; pages by an opaque token. */
export const searchRuns = query(
  {
    name: "experiments.run.search",
    permission: "experiments.run.read",
    input: SearchRunsInput,
    summary: "Search runs",
  },
  async ({ ctx, input }) => {
    const experimentIds = await experimentNumbers(ctx, input.experimentIds);
    if (experimentIds.length === 0) return { items: [] as RunDetail[], nextCursor: null };
    const lifecycle = lifecycleOf(input.viewType);
    const conditions = and(
      eq(runs.teamId, ctx.actor.teamId),
      lifecycle ? eq(runs.lifecycle, lifecycle) : undefined,
      runConditions(parseFilter(input.filter)),
    );
    const terms = input.orderBy.map((term) => parseOrder(term));
    const { ids, nextCursor } = await orderedRuns(ctx.db, { experimentIds, conditions }, terms, {
      cursor: input.pageToken,
      limit: input.maxResults,
    });
    return { items: await detailsOf(ctx, await loadRuns(ctx, ids)), nextCursor };
  },
);

const EXPERIMENT_ATTRIBUTES: AttributeTable = {
  name: textAttribute(experiments.name),
  experiment_id: numberAttribute(experiments.id),
  creation_time: millisAttribute(sql`"experiments"."created_at"`),
  last_update_time: millisAttribute(experiments.updatedAt),
};

export const searchExperiments = query(
  {
    name: "experiments.experiment.search",
    permission: "experiments.run.read",
    input: SearchExperimentsInput,
    summary: "Search experiments",
  },
  async ({ ctx, input }) => {
    const [offset] = decodeCursor(input.pageToken, OffsetCursor) ?? [0];
    // It is there before anybody asked for it.
    await experimentNumbers(ctx, ["0"]);
    const conditions = parseFilter(input.filter).map((comparison) => {
      if (comparison.kind === "tag")
        return compareText(sql`(${experiments.tags} ->> ${comparison.key}::text)`, comparison);
      return attributeCondition("experiments", EXPERIMENT_ATTRIBUTES, comparison);
    });
    const order = input.orderBy.map((term) =>
      attributeOrder("experiments", EXPERIMENT_ATTRIBUTES, parseOrder(term)),
    );
    const lifecycle = lifecycleOf(input.viewType);
    const rows = await ctx.db
      .select({
        id: experiments.id,
        name: experiments.name,
        lifecycle: experiments.lifecycle,
        tags: experiments.tags,
        createdAt: experiments.createdAt,
        updatedAt: experiments.updatedAt,
      })
      .from(experiments)
      .where(
        and(
          eq(experiments.teamId, ctx.actor.teamId),
          lifecycle ? eq(experiments.lifecycle, lifecycle) : undefined,
          ...conditions,
        ),
      )
      .orderBy(...order, sql`${experiments.id} desc`)
      .offset(offset)
      .limit(input.maxResults + 1);
    return {
      items: rows.slice(0, input.maxResults),
      nextCursor: rows.length > input.maxResults ? encodeCursor([offset + input.maxResults]) : null,
    };
  },
);
