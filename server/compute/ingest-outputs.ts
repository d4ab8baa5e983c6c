import { and, eq } from "drizzle-orm";
import { jobOutputs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { ingestFile, readableUploads } from "@/server/datasets";
import { linkOutput } from "./link-output";
import { jobOf } from "./load";

/** Hands a job's declared dataset outputs to the datasets domain, as the job's dispatcher; an upload made before is left. */
export async function ingestOutputs(ctx: Ctx, jobId: string): Promise<void> {
  const job = await jobOf(ctx, jobId);
  if (job.spec.outputs.length === 0) return;
  const outputs = await ctx.db.select().from(jobOutputs).where(eq(jobOutputs.jobId, jobId));
  const acting: Ctx = { ...ctx, actor: { ...ctx.actor, userId: job.createdBy, jobId } };
  for (const { path, dataset } of job.spec.outputs) {
    const output = outputs.find((each) => each.path === path);
    if (!output) continue;
    const [earlier] = await ctx.db
      .select({ id: readableUploads.id })
      .from(readableUploads)
      .where(and(eq(readableUploads.producedByJobId, jobId), eq(readableUploads.blobDigest, output.digest)));
    if (earlier) continue;
    const upload = await ingestFile(acting, {
      slug: dataset.slug,
      name: dataset.name,
      blobDigest: output.digest,
      fileName: path.split("/").at(-1) ?? path,
      producedByJobId: jobId,
      note: `Produced by job ${job.name}`,
    });
    // The same bytes as before: the version is there already, and nothing else will tell us.
    if (upload.versionId) await linkOutput(ctx, upload.versionId);
  }
}
