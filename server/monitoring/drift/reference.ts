import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import { z } from "zod";
import { readableRunInputs, readableRunParams } from "@/server/experiments";
import { readableVersions } from "@/server/registry";
import { readableJobInputs } from "@/server/compute";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";
import type { ColumnCounts } from "./samples";
import { datasetVersionHref } from "@/server/datasets/kinds";

const Profile = z.array(
  z.object({
    name: z.string(),
    count: z.number(),
    nulls: z.number().default(0),
    nonFinite: z.number().default(0),
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
  /** Columns that a model may have been trained on. */
  columns: ColumnCounts[];
}

/** Columns that number the rows say nothing of them. */
const NOT_A_FEATURE = new Set(["row_id", "id"]);

/** The dataset version that the version's run (or its job) read, with its exact profile; undefined when the line does not lead to one. */
export async function trainingDataOf(ctx: Ctx, versionId: string): Promise<TrainingData | undefined> {
  const [version] = await ctx.db
    .select({ runId: readableVersions.runId, jobId: readableVersions.jobId })
    .from(readableVersions)
    .where(and(eq(readableVersions.id, versionId), eq(readableVersions.teamId, ctx.actor.teamId)));
  if (!version) return undefined;
  const byRun = version.runId
    ? await ctx.db
        .select({ id: readableRunInputs.datasetVersionId })
        .from(readableRunInputs)
        .where(and(eq(readableRunInputs.runId, version.runId), isNotNull(readableRunInputs.datasetVersionId)))
        .orderBy(asc(readableRunInputs.name))
    : [];
  const byJob = version.jobId
    ? await ctx.db
        .select({ id: readableJobInputs.datasetVersionId })
        .from(readableJobInputs)
        .where(eq(readableJobInputs.jobId, version.jobId))
        .orderBy(asc(readableJobInputs.name))
    : [];
  const id = [...byRun, ...byJob].find((row) => row.id !== null)?.id;
  if (!id) return undefined;
  const [data] = await ctx.db
    .select({
      id: readableDatasetVersions.id,
      number: readableDatasetVersions.number,
      rowCount: readableDatasetVersions.rowCount,
      profile: readableDatasetVersions.profile,
      slug: readableDatasets.slug,
    })
    .from(readableDatasetVersions)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(and(eq(readableDatasetVersions.id, id), eq(readableDatasetVersions.teamId, ctx.actor.teamId)));
  const profile = Profile.safeParse(data?.profile);
  if (!data || !profile.success) return undefined;
  const targets = version.runId
    ? await ctx.db
        .select({ value: readableRunParams.value })
        .from(readableRunParams)
        .where(
          and(
            eq(readableRunParams.runId, version.runId),
            inArray(readableRunParams.key, ["target", "label"]),
          ),
        )
    : [];
  const target = new Set(targets.map((row) => row.value));
  return {
    datasetVersionId: data.id,
    label: `${data.slug} version ${data.number}`,
    href: datasetVersionHref(data.slug, data.number),
    rows: data.rowCount,
    columns: profile.data
      .filter((column) => !NOT_A_FEATURE.has(column.name) && !target.has(column.name))
      .map((column) => ({
        name: column.name,
        histogram: column.histogram,
        top: column.top,
        present: column.count - column.nulls - column.nonFinite,
        missing: column.nulls + column.nonFinite,
        distinct: column.distinct,
      })),
  };
}
