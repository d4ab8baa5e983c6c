import { and, desc, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import { datasetFiles, datasets, datasetVersions, lineageEdges, uploads } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { manifestDigest } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import type { Inspection, TableDiff } from "./schemas";
import { datasetTopic, datasetsTopic } from "./kinds";

export interface StoredDiff {
  against: string;
  againstNumber: number;
  diff: z.infer<typeof TableDiff>;
}

type Upload = typeof uploads.$inferSelect;

export const manifestOf = (upload: Pick<Upload, "fileName" | "blobDigest">) =>
  manifestDigest([{ path: upload.fileName, digest: upload.blobDigest ?? "" }]);

async function close(ctx: Ctx, upload: Upload, versionId: string, message: string): Promise<void> {
  await ctx.db
    .update(uploads)
    .set({ state: "registered", versionId, message, finishedAt: ctx.now() })
    .where(eq(uploads.id, upload.id));
  await notifyLive(ctx.db, ctx.actor.teamId, datasetTopic(upload.datasetId), datasetsTopic);
}

async function insertVersion(
  ctx: Ctx,
  upload: Upload,
  inspection: z.infer<typeof Inspection>,
  diff: StoredDiff | null,
) {
  const [latest] = await ctx.db
    .select({ number: datasetVersions.number })
    .from(datasetVersions)
    .where(eq(datasetVersions.datasetId, upload.datasetId))
    .orderBy(desc(datasetVersions.number))
    .limit(1);
  const version = {
    id: newId("datasetVersion"),
    teamId: upload.teamId,
    datasetId: upload.datasetId,
    number: (latest?.number ?? 0) + 1,
    manifestDigest: manifestOf(upload),
    contentDigest: inspection.contentDigest,
    schemaDigest: inspection.schemaDigest,
    canonicalisation: inspection.canonicalisation,
    format: inspection.format,
    rowCount: inspection.rowCount,
    sizeBytes: upload.sizeBytes ?? 0,
    columns: inspection.columns,
    profile: inspection.profile,
    preview: inspection.preview,
    reading: { text: inspection.text, remarks: inspection.remarks },
    diff,
    producedByJobId: upload.producedByJobId,
    note: upload.note,
    createdBy: upload.createdBy,
    createdAt: ctx.now(),
  };
  await ctx.db.insert(datasetVersions).values(version);
  await ctx.db.insert(datasetFiles).values({
    versionId: version.id,
    path: upload.fileName,
    digest: upload.blobDigest ?? "",
    sizeBytes: upload.sizeBytes ?? 0,
    mediaType: inspection.mediaType,
  });
  if (upload.producedByJobId) {
    await ctx.db
      .insert(lineageEdges)
      .values({
        teamId: upload.teamId,
        fromKind: "job",
        fromId: upload.producedByJobId,
        toKind: "dataset_version",
        toId: version.id,
        relation: "produced",
      })
      .onConflictDoNothing();
  }
  return version;
}

async function differenceToTwin(ctx: Ctx, upload: Upload, twin: { id: string; number: number }) {
  const [file] = await ctx.db
    .select({ digest: datasetFiles.digest })
    .from(datasetFiles)
    .where(eq(datasetFiles.versionId, twin.id))
    .limit(1);
  return file?.digest === upload.blobDigest
    ? `the bytes are those of version ${twin.number}, under another file name`
    : `the table's content is that of version ${twin.number}, only the file differs`;
}

/**
 * Turns an inspected upload into an immutable version, all or nothing. The same files as an earlier version give that version
 * again. An upload that is over stays as it is.
 */
export async function registerVersion(
  ctx: Ctx,
  uploadId: string,
  inspection: z.infer<typeof Inspection>,
  diff: StoredDiff | null,
): Promise<string | null> {
  const [upload] = await ctx.db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, uploadId), inArray(uploads.state, ["received", "inspecting"])));
  if (!upload) return null;
  await ctx.db
    .select({ id: datasets.id })
    .from(datasets)
    .where(eq(datasets.id, upload.datasetId))
    .for("update");
  const own = await ctx.db
    .select({
      id: datasetVersions.id,
      number: datasetVersions.number,
      manifestDigest: datasetVersions.manifestDigest,
      contentDigest: datasetVersions.contentDigest,
    })
    .from(datasetVersions)
    .where(eq(datasetVersions.datasetId, upload.datasetId));
  const manifest = manifestOf(upload);
  const same = own.find((each) => each.manifestDigest === manifest);
  if (same) {
    await close(
      ctx,
      upload,
      same.id,
      `These bytes are version ${same.number} already; no new version was made.`,
    );
    await audit(ctx, {
      action: "datasets.version.deduplicate",
      subject: { kind: "dataset_version", id: same.id, label: `version ${same.number}` },
      after: { uploadId, manifestDigest: manifest, number: same.number },
    });
    return same.id;
  }
  const version = await insertVersion(ctx, upload, inspection, diff);
  const twin = own.find((each) => each.contentDigest === version.contentDigest);
  const words = twin && (await differenceToTwin(ctx, upload, twin));
  await close(
    ctx,
    upload,
    version.id,
    words ? `Registered as version ${version.number}; ${words}.` : `Registered as version ${version.number}.`,
  );
  await ctx.db.update(datasets).set({ updatedAt: ctx.now() }).where(eq(datasets.id, upload.datasetId));
  await emit(ctx, {
    type: "datasets.version_created",
    payload: { datasetId: upload.datasetId, versionId: version.id },
  });
  await audit(ctx, {
    action: "datasets.version.register",
    subject: { kind: "dataset_version", id: version.id, label: `version ${version.number}` },
    after: {
      number: version.number,
      manifestDigest: version.manifestDigest,
      contentDigest: version.contentDigest,
      rowCount: version.rowCount,
      uploadedBy: upload.createdBy,
      producedByJobId: upload.producedByJobId,
    },
  });
  return version.id;
}
