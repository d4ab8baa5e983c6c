import { and, eq, inArray, ne } from "drizzle-orm";
import { blobs, datasets, uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { loadUpload } from "./load";
import { readUpload } from "./queries";
import { FinishUploadInput } from "./schemas";
import { datasetTopic } from "./kinds";
import { WRITE } from "./upload-parts";

/** An earlier upload of the same bytes under the same name that has not failed: a retry gets it again. */
async function earlierUpload(ctx: Ctx, upload: typeof uploads.$inferSelect, blobDigest: string) {
  const [found] = await ctx.db
    .select({ id: uploads.id })
    .from(uploads)
    .where(
      and(
        eq(uploads.datasetId, upload.datasetId),
        eq(uploads.fileName, upload.fileName),
        eq(uploads.blobDigest, blobDigest),
        inArray(uploads.state, ["received", "inspecting", "registered"]),
        ne(uploads.id, upload.id),
      ),
    )
    .orderBy(uploads.createdAt)
    .limit(1);
  return found?.id;
}

/** The bytes are stored: hands the upload to the worker. Repeating it changes nothing. */
export const finishUpload = mutation(
  {
    name: "datasets.upload.receive",
    permission: WRITE,
    input: FinishUploadInput,
    summary: "Hand a received file to inspection",
  },
  async ({ ctx, input }) => {
    const upload = await loadUpload(ctx, input.uploadId);
    // One at a time per dataset, so that two retries at once do not both count as new.
    await ctx.db
      .select({ id: datasets.id })
      .from(datasets)
      .where(eq(datasets.id, upload.datasetId))
      .for("update");
    await ctx.db
      .insert(blobs)
      .values({ digest: input.blobDigest, sizeBytes: input.sizeBytes })
      .onConflictDoNothing();
    const subject = { kind: "dataset", id: upload.datasetId, label: upload.fileName };
    const after = {
      uploadId: upload.id,
      fileName: upload.fileName,
      blobDigest: input.blobDigest,
      sizeBytes: input.sizeBytes,
    };
    const earlier = await earlierUpload(ctx, upload, input.blobDigest);
    await notifyLive(ctx.db, ctx.actor.teamId, datasetTopic(upload.datasetId));
    if (earlier) {
      await ctx.db.delete(uploads).where(and(eq(uploads.id, upload.id), eq(uploads.state, "receiving")));
      await audit(ctx, { action: "datasets.upload.repeat", subject, after: { ...after, uploadId: earlier } });
      return { ...(await readUpload(ctx, earlier)), repeated: true };
    }
    const moved = await ctx.db
      .update(uploads)
      .set({ state: "received", blobDigest: input.blobDigest, sizeBytes: input.sizeBytes })
      .where(and(eq(uploads.id, upload.id), eq(uploads.state, "receiving")))
      .returning({ id: uploads.id });
    if (moved.length === 0) throw conflict(`Upload ${upload.id} is ${upload.state}.`, "Send the file again.");
    await emit(ctx, { type: "datasets.upload_received", payload: { uploadId: upload.id } });
    await audit(ctx, { action: "datasets.upload.receive", subject, after });
    return { ...(await readUpload(ctx, upload.id)), repeated: false };
  },
);
