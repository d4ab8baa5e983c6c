import { uploads } from "@/db/schema";
import { ownProcessId } from "@/server/core/heartbeat";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { BeginUploadInput } from "./schemas";
import { datasetTopic } from "./kinds";
import { WRITE, openOrCreate } from "./upload-parts";

/** Announces a file before its bytes flow, so that a caller who may not write is refused before sending them. */
export const beginUpload = mutation(
  {
    name: "datasets.upload.begin",
    permission: WRITE,
    input: BeginUploadInput,
    summary:
      "Upload a CSV or Parquet file as a new version; poll the upload until it is registered or failed",
    audit: "none: the receipt of the bytes is audited when they are all here",
  },
  async ({ ctx, input }) => {
    const dataset = await openOrCreate(ctx, input);
    const id = newId("upload");
    await ctx.db.insert(uploads).values({
      id,
      teamId: ctx.actor.teamId,
      datasetId: dataset.id,
      fileName: input.fileName,
      state: "receiving",
      note: input.note,
      receivedBy: ownProcessId() ?? null,
      producedByJobId: ctx.actor.jobId ?? null,
      createdBy: ctx.actor.userId,
      createdAt: ctx.now(),
    });
    await notifyLive(ctx.db, ctx.actor.teamId, datasetTopic(dataset.id));
    return { uploadId: id, datasetId: dataset.id, slug: dataset.slug, digest: input.digest };
  },
);
