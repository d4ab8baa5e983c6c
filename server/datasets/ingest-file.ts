import { eq } from "drizzle-orm";
import { blobs, uploads } from "@/db/schema";
import { notFound } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { mutation } from "@/server/core/verb";
import { loadOpenDataset } from "./load";
import { IngestFileInput } from "./schemas";
import { WRITE, openOrCreate } from "./upload-parts";
import { finishUpload } from "./finish-upload";

/** Registers a file that is in the object store already, such as a job's output. */
export const ingestFileVerb = mutation(
  {
    name: "datasets.upload.ingest",
    permission: WRITE,
    input: IngestFileInput,
    summary: "Register a stored file as a new version",
  },
  async ({ ctx, input }) => {
    const dataset = input.datasetId
      ? await loadOpenDataset(ctx, input.datasetId)
      : await openOrCreate(ctx, { slug: input.slug ?? "", name: input.name, create: true });
    const [blob] = await ctx.db.select().from(blobs).where(eq(blobs.digest, input.blobDigest));
    if (!blob) throw notFound("blob", input.blobDigest);
    const id = newId("upload");
    await ctx.db.insert(uploads).values({
      id,
      teamId: ctx.actor.teamId,
      datasetId: dataset.id,
      fileName: input.fileName,
      state: "receiving",
      note: input.note,
      producedByJobId: input.producedByJobId ?? ctx.actor.jobId ?? null,
      createdBy: ctx.actor.userId,
      createdAt: ctx.now(),
    });
    return finishUpload.within(ctx, {
      uploadId: id,
      blobDigest: blob.digest,
      sizeBytes: blob.sizeBytes,
    });
  },
);
