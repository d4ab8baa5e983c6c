import { and, eq, or } from "drizzle-orm";
import { datasets, datasetFiles, datasetVersions, uploads } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { notFound, precondition } from "@/server/core/errors";

/** A dataset of the caller's team by slug or id. @throws AppError `not_found` */
export async function loadDataset(ctx: Ctx, slugOrId: string) {
  const [row] = await ctx.db
    .select()
    .from(datasets)
    .where(
      and(eq(datasets.teamId, ctx.actor.teamId), or(eq(datasets.slug, slugOrId), eq(datasets.id, slugOrId))),
    );
  if (!row) throw notFound("dataset", slugOrId);
  return row;
}

/** The same, and it can take new versions. @throws AppError `precondition_failed` when archived */
export async function loadOpenDataset(ctx: Ctx, slugOrId: string) {
  const dataset = await loadDataset(ctx, slugOrId);
  if (dataset.archivedAt) {
    throw precondition(`Dataset ${dataset.slug} is archived.`, "Restore it, or use another dataset.");
  }
  return dataset;
}

/** @throws AppError `not_found` */
export async function loadVersion(ctx: Ctx, id: string) {
  const [row] = await ctx.db
    .select({ version: datasetVersions, slug: datasets.slug, datasetName: datasets.name })
    .from(datasetVersions)
    .innerJoin(datasets, eq(datasets.id, datasetVersions.datasetId))
    .where(and(eq(datasetVersions.id, id), eq(datasetVersions.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("dataset version", id);
  return { ...row.version, slug: row.slug, datasetName: row.datasetName };
}

export const filesOf = (ctx: Ctx, versionId: string) =>
  ctx.db
    .select({
      path: datasetFiles.path,
      digest: datasetFiles.digest,
      sizeBytes: datasetFiles.sizeBytes,
      mediaType: datasetFiles.mediaType,
    })
    .from(datasetFiles)
    .where(eq(datasetFiles.versionId, versionId))
    .orderBy(datasetFiles.path);

/** @throws AppError `not_found` */
export async function loadUpload(ctx: Ctx, id: string) {
  const [row] = await ctx.db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, id), eq(uploads.teamId, ctx.actor.teamId)));
  if (!row) throw notFound("upload", id);
  return row;
}
