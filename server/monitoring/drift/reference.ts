import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import { z } from "zod";
import { datasets, datasetVersions, jobInputs, modelVersions, runInputs, runParams } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import type { ColumnCounts } from "./samples";

const Profile = z.array(
  z.object({
    name: z.string(),
    distinct: z.number(),
    top: z.array(z.object({ value: z.unknown(), count: z.number() })),
    histogram: z.array(z.object({ from: z.number(), to: z.number(), count: z.number() })),
  }),
);

export interface TrainingData {
  datasetVersionId: string;
  label: string;
  href: string;
  rows: number;
  /** Columns that a model may have been trained on, in the order of the table. */
  columns: ColumnCounts[];
}

/** Columns that number the rows say nothing of them. */
const NOT_A_FEATURE = new Set(["row_id", "id"]);

/** The dataset version that the version's run (or its job) read, with its exact profile; undefined when the line does not lead to one. */
export async function trainingDataOf(ctx: Ctx, versionId: string): Promise<TrainingData | undefined> {
  const [version] = await ctx.db
    .select({ runId: modelVersions.runId, jobId: modelVersions.jobId })
    .from(modelVersions)
    .where(and(eq(modelVersions.id, versionId), eq(modelVersions.teamId, ctx.actor.teamId)));
  if (!version) return undefined;
  const byRun = version.runId
    ? await ctx.db
        .select({ id: runInputs.datasetVersionId })
        .from(runInputs)
        .where(and(eq(runInputs.runId, version.runId), isNotNull(runInputs.datasetVersionId)))
        .orderBy(asc(runInputs.name))
    : [];
  const byJob = version.jobId
    ? await ctx.db
        .select({ id: jobInputs.datasetVersionId })
        .from(jobInputs)
        .where(eq(jobInputs.jobId, version.jobId))
        .orderBy(asc(jobInputs.name))
    : [];
  const id = [...byRun, ...byJob].find((row) => row.id !== null)?.id;
  if (!id) return undefined;
  const [data] = await ctx.db
    .select({
      id: datasetVersions.id,
      number: datasetVersions.number,
      rowCount: datasetVersions.rowCount,
      profile: datasetVersions.profile,
      slug: datasets.slug,
    })
    .from(datasetVersions)
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(and(eq(datasetVersions.id, id), eq(datasetVersions.teamId, ctx.actor.teamId)));
  const profile = Profile.safeParse(data?.profile);
  if (!data || !profile.success) return undefined;
  const targets = version.runId
    ? await ctx.db
        .select({ value: runParams.value })
        .from(runParams)
        .where(and(eq(runParams.runId, version.runId), inArray(runParams.key, ["target", "label"])))
    : [];
  const target = new Set(targets.map((row) => row.value));
  return {
    datasetVersionId: data.id,
    label: `${data.slug} version ${data.number}`,
    href: `/datasets/${data.slug}/versions/${data.number}`,
    rows: data.rowCount,
    columns: profile.data
      .filter((column) => !NOT_A_FEATURE.has(column.name) && !target.has(column.name))
      .map((column) => ({
        name: column.name,
        histogram: column.histogram,
        top: column.top,
        isComplete: column.distinct <= 10 && column.top.length >= column.distinct,
      })),
  };
}

/**
 * Which column of the training data each feature of the requests is: by name, or, for one wide tensor, by position when the
 * table has exactly as many feature columns (`target` is the last column when it is one too many). Undefined when it does not fit.
 */
export function matchColumns(
  features: readonly string[],
  columns: readonly ColumnCounts[],
): Map<string, ColumnCounts> | undefined {
  const byName = new Map(columns.map((column) => [column.name, column]));
  if (features.length > 0 && features.every((feature) => byName.has(feature)))
    return new Map(
      features
        .flatMap((feature) => [[feature, byName.get(feature)]] as const)
        .flatMap(([k, v]) => (v ? [[k, v] as const] : [])),
    );
  const wide = features.every((feature) => /\[\d+\]$/.test(feature));
  const spare = columns.length - features.length;
  if (!wide || spare < 0 || spare > 1) return undefined;
  return new Map(
    features.flatMap((feature, index) => {
      const column = columns[index];
      return column ? [[feature, column] as const] : [];
    }),
  );
}
