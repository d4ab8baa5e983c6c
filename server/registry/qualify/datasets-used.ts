import { and, eq, inArray } from "drizzle-orm";
import { readableDatasetVersions, readableDatasets } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";
import type { DatasetUse } from "./provenance";
import type { Sources } from "./sources";

/** Dataset versions the job was given and those the run logged, each once; only versions this portal holds count. */
export async function datasetsUsed(ctx: Ctx, sources: Sources): Promise<DatasetUse[]> {
  const given = sources.job?.inputs ?? [];
  const logged = (sources.run?.inputs ?? []).flatMap((input) =>
    input.datasetVersionId
      ? [{ id: input.datasetVersionId, used: input.tags["mlflow.data.context"] ?? "logged input" }]
      : [],
  );
  const rows =
    logged.length === 0
      ? []
      : await ctx.db
          .select({
            versionId: readableDatasetVersions.id,
            version: readableDatasetVersions.number,
            digest: readableDatasetVersions.manifestDigest,
            datasetId: readableDatasets.id,
            name: readableDatasets.slug,
          })
          .from(readableDatasetVersions)
          .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
          .where(
            and(
              eq(readableDatasetVersions.teamId, ctx.actor.teamId),
              inArray(
                readableDatasetVersions.id,
                logged.map((each) => each.id),
              ),
            ),
          );
  const uses = new Map<string, DatasetUse>();
  for (const input of given) uses.set(input.versionId, { ...input, used: `job input ${input.used}` });
  for (const row of rows) {
    if (uses.has(row.versionId)) continue;
    const contexts = logged.filter((each) => each.id === row.versionId).map((each) => each.used);
    uses.set(row.versionId, { ...row, used: [...new Set(contexts)].toSorted().join(", ") });
  }
  return [...uses.values()].toSorted((a, b) => (a.versionId < b.versionId ? -1 : 1));
}
