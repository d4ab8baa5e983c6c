import { and, eq, inArray } from "drizzle-orm";
import { datasetFiles, datasetVersions, jobOutputs, lineageEdges } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";

/** Links a dataset version to the job output that it came from. */
export async function linkOutput(ctx: Ctx, versionId: string): Promise<void> {
  const [version] = await ctx.db
    .select({ jobId: datasetVersions.producedByJobId, teamId: datasetVersions.teamId })
    .from(datasetVersions)
    .where(eq(datasetVersions.id, versionId));
  if (!version?.jobId) return;
  const files = await ctx.db
    .select({ digest: datasetFiles.digest })
    .from(datasetFiles)
    .where(eq(datasetFiles.versionId, versionId));
  if (files.length === 0) return;
  await ctx.db
    .update(jobOutputs)
    .set({ datasetVersionId: versionId })
    .where(
      and(
        eq(jobOutputs.jobId, version.jobId),
        inArray(
          jobOutputs.digest,
          files.map((file) => file.digest),
        ),
      ),
    );
  await ctx.db
    .insert(lineageEdges)
    .values({
      teamId: version.teamId,
      fromKind: "job",
      fromId: version.jobId,
      toKind: "dataset_version",
      toId: versionId,
      relation: "produced",
    })
    .onConflictDoNothing();
  await notifyLive(ctx.db, version.teamId, `job:${version.jobId}`);
}
