import { uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { datasetTopic } from "./kinds";
import { loadOpenDataset, loadUpload } from "./load";
import { readUpload } from "./queries";
import { ReadFromLineInput } from "./schemas";
import { WRITE } from "./upload-parts";

/** The bytes of a file that was refused once more, as a table that begins in another line; an upload of its own. */
export const readFromLine = mutation(
  {
    name: "datasets.upload.read-from-line",
    permission: WRITE,
    input: ReadFromLineInput,
    summary: "Read a refused CSV file again, from the line that names its columns",
  },
  async ({ ctx, input }) => {
    const refused = await loadUpload(ctx, input.id);
    await loadOpenDataset(ctx, refused.datasetId);
    if (refused.state !== "failed" || !refused.blobDigest)
      throw conflict(
        `Upload ${refused.id} is ${refused.state}; only a file that arrived and was refused is read again.`,
        "Send the file as a new upload.",
      );
    const { teamId, datasetId, fileName, blobDigest, sizeBytes, note, producedByJobId } = refused;
    const id = newId("upload");
    await ctx.db.insert(uploads).values({
      id,
      teamId,
      datasetId,
      fileName,
      blobDigest,
      sizeBytes,
      note,
      producedByJobId,
      state: "received",
      createdBy: ctx.actor.userId,
      createdAt: ctx.now(),
    });
    await notifyLive(ctx.db, teamId, datasetTopic(datasetId));
    const { headerLine } = input;
    await emit(ctx, { type: "datasets.upload_received", payload: { uploadId: id, headerLine } });
    await audit(ctx, {
      action: "datasets.upload.read-from-line",
      subject: { kind: "dataset", id: datasetId, label: fileName },
      after: { uploadId: id, fileName, blobDigest, headerLine, refusedAs: refused.id },
    });
    return readUpload(ctx, id);
  },
);
