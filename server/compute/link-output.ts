import { and, eq, inArray, isNull } from "drizzle-orm";
import { jobOutputs, jobs, lineageEdges } from "@/db/schema";
import { readableDatasetFiles, readableDatasetVersions, readableDatasets } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { toJob } from "./load";
import { jobTopic } from "./kinds";

const OUTPUTS_AT_ONCE = 200;

/** Outputs with these bytes that their jobs declared for this dataset and that name no version yet. */
async function outputsFor(ctx: Ctx, version: { teamId: string; slug: string }, digests: readonly string[]) {
  const rows = await ctx.db
    .select({ job: jobs, path: jobOutputs.path })
    .from(jobOutputs)
    .innerJoin(jobs, eq(jobs.id, jobOutputs.jobId))
    .where(
      and(
        inArray(jobOutputs.digest, [...digests]),
        isNull(jobOutputs.datasetVersionId),
        eq(jobs.teamId, version.teamId),
      ),
    )
    .limit(OUTPUTS_AT_ONCE);
  return rows.filter(({ job, path }) =>
    toJob(job).spec.outputs.some((wanted) => wanted.path === path && wanted.dataset.slug === version.slug),
  );
}

/**
 * Links a dataset version to the job outputs that it came from: that of the job that made it, and those of jobs that made the very
 * same bytes for it again, which give no new version.
 */
export async function linkOutput(ctx: Ctx, versionId: string): Promise<void> {
  const [version] = await ctx.db
    .select({ teamId: readableDatasetVersions.teamId, slug: readableDatasets.slug })
    .from(readableDatasetVersions)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(eq(readableDatasetVersions.id, versionId));
  if (!version) return;
  const files = await ctx.db
    .select({ digest: readableDatasetFiles.digest })
    .from(readableDatasetFiles)
    .where(eq(readableDatasetFiles.versionId, versionId));
  const digests = files.map((file) => file.digest);
  for (const { job, path } of await outputsFor(ctx, version, digests)) {
    await ctx.db
      .update(jobOutputs)
      .set({ datasetVersionId: versionId })
      .where(and(eq(jobOutputs.jobId, job.id), eq(jobOutputs.path, path)));
    await ctx.db
      .insert(lineageEdges)
      .values({
        teamId: version.teamId,
        fromKind: "job",
        fromId: job.id,
        toKind: "dataset_version",
        toId: versionId,
        relation: "produced",
      })
      .onConflictDoNothing();
    await notifyLive(ctx.db, version.teamId, jobTopic(job.id));
  }
}
