import { and, eq, inArray, ne } from "drizzle-orm";
import { blobs, datasets, uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict, invalidField, notFound } from "@/server/core/errors";
import { ownProcessId } from "@/server/core/heartbeat";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { createDataset } from "./dataset-verbs";
import { loadOpenDataset, loadUpload } from "./load";
import { readUpload } from "./queries";
import { BeginUploadInput, DatasetSlug, FinishUploadInput, IngestFileInput } from "./schemas";
import { datasetTopic } from "./kinds";

const WRITE = "datasets.dataset.write" as const;

async function openOrCreate(ctx: Ctx, input: { slug: string; name?: string | undefined; create: boolean }) {
  const [found] = await ctx.db
    .select({ id: datasets.id })
    .from(datasets)
    .where(and(eq(datasets.teamId, ctx.actor.teamId), eq(datasets.slug, input.slug)));
  if (!found && (input.create || input.name)) {
    const slug = DatasetSlug.safeParse(input.slug);
    if (!slug.success) throw invalidField("slug", slug.error.issues[0]?.message ?? "is no slug");
    return createDataset.within(ctx, { slug: slug.data, name: input.name ?? slug.data });
  }
  return loadOpenDataset(ctx, input.slug);
}

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
