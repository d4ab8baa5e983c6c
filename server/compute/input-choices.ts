import { and, desc, eq, isNull } from "drizzle-orm";
import { datasets, datasetVersions } from "@/db/schema";
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
        id: datasetVersions.id,
        slug: datasets.slug,
        name: datasets.name,
        number: datasetVersions.number,
        format: datasetVersions.format,
        rowCount: datasetVersions.rowCount,
      })
      .from(datasetVersions)
      .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
      .where(and(eq(datasetVersions.teamId, ctx.actor.teamId), isNull(datasets.archivedAt)))
      .orderBy(desc(datasetVersions.createdAt), desc(datasetVersions.number))
      .limit(NEWEST);
    return { items };
  },
);
