import { and, desc, eq, isNull } from "drizzle-orm";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import { NoInput, query } from "@/server/core/verb";

const NEWEST = 200;

/** Dataset versions of the team that a job can read, newest first. */
export const listInputChoices = query(
  {
    name: "compute.input.choices",
    permission: "compute.job.read",
    input: NoInput,
    summary: "Dataset versions a job can read",
  },
  async ({ ctx }) => {
    const items = await ctx.db
      .select({
        id: readableDatasetVersions.id,
        slug: readableDatasets.slug,
        name: readableDatasets.name,
        number: readableDatasetVersions.number,
        format: readableDatasetVersions.format,
        rowCount: readableDatasetVersions.rowCount,
      })
      .from(readableDatasetVersions)
      .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
      .where(and(eq(readableDatasetVersions.teamId, ctx.actor.teamId), isNull(readableDatasets.archivedAt)))
      .orderBy(desc(readableDatasetVersions.createdAt), desc(readableDatasetVersions.number))
      .limit(NEWEST);
    return { items };
  },
);
