import { and, asc, desc, eq } from "drizzle-orm";
import { jobInputs, jobOutputs } from "@/db/schema";
import { readableDatasetVersions, readableDatasets, readableUploads } from "@/server/datasets";
import type { Ctx } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { jobOf } from "./load";
import { JobOutputInput } from "./schemas";

const UPLOADS_LOOK = 100;

/** Dataset versions that went in. */
export const inputsOf = (ctx: Ctx, jobId: string) =>
  ctx.db
    .select({
      name: jobInputs.name,
      datasetVersionId: jobInputs.datasetVersionId,
      manifestDigest: jobInputs.manifestDigest,
      datasetId: readableDatasets.id,
      slug: readableDatasets.slug,
      datasetName: readableDatasets.name,
      number: readableDatasetVersions.number,
    })
    .from(jobInputs)
    .innerJoin(readableDatasetVersions, eq(readableDatasetVersions.id, jobInputs.datasetVersionId))
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(eq(jobInputs.jobId, jobId))
    .orderBy(asc(jobInputs.name));

/** Files that came out; of those that were to become a dataset version also what came of that. */
export async function outputsOf(ctx: Ctx, jobId: string) {
  const rows = await ctx.db
    .select({
      path: jobOutputs.path,
      digest: jobOutputs.digest,
      sizeBytes: jobOutputs.sizeBytes,
      datasetVersionId: jobOutputs.datasetVersionId,
      slug: readableDatasets.slug,
      number: readableDatasetVersions.number,
    })
    .from(jobOutputs)
    .leftJoin(readableDatasetVersions, eq(readableDatasetVersions.id, jobOutputs.datasetVersionId))
    .leftJoin(readableDatasets, eq(readableDatasets.id, readableDatasetVersions.datasetId))
    .where(eq(jobOutputs.jobId, jobId))
    .orderBy(asc(jobOutputs.path));
  const sent = await ctx.db
    .select({
      digest: readableUploads.blobDigest,
      state: readableUploads.state,
      message: readableUploads.message,
      slug: readableDatasets.slug,
    })
    .from(readableUploads)
    .innerJoin(readableDatasets, eq(readableDatasets.id, readableUploads.datasetId))
    .where(and(eq(readableUploads.producedByJobId, jobId), eq(readableUploads.teamId, ctx.actor.teamId)))
    .orderBy(desc(readableUploads.createdAt))
    .limit(UPLOADS_LOOK);
  return rows.map((row) => {
    const upload = sent.find((each) => each.digest === row.digest);
    const { state, message, slug } = upload ?? {};
    return { ...row, registration: upload ? { state, message, slug } : null };
  });
}

/** Where one output of a job is stored. @throws AppError `not_found` */
export const getJobOutput = query(
  {
    name: "compute.job.output",
    permission: "compute.job.read",
    input: JobOutputInput,
    summary: "Download an output of a job",
  },
  async ({ ctx, input }) => {
    const job = await jobOf(ctx, input.id);
    const [file] = await ctx.db
      .select({ path: jobOutputs.path, digest: jobOutputs.digest, sizeBytes: jobOutputs.sizeBytes })
      .from(jobOutputs)
      .where(and(eq(jobOutputs.jobId, job.id), eq(jobOutputs.path, input.path)));
    if (!file) throw notFound("output", input.path);
    return file;
  },
);
