import { and, asc, eq, isNull } from "drizzle-orm";
import { lineageEdges, modelVersionFiles, modelVersions } from "@/db/schema";
import type { ObjectStore } from "@/server/adapters/object-store";
import type { Ctx } from "@/server/core/context";
import { manifestDigest } from "@/server/core/digest";
import { inTransaction } from "@/server/core/verb";
import type { ModelVersion } from "../load";
import { MLMODEL } from "../rules";
import { readMlmodel } from "./mlmodel";
import { findWeights } from "./read-documents";
import { filesInFolder, type StoredFile } from "./sources";

/** What keeps a version from ever being used; its state becomes `failed` with this text. */
export class Unusable extends Error {
  override readonly name = "Unusable";
}

/** Files of a sealed version, by path. */
export const sealedFiles = (ctx: Ctx, versionId: string) =>
  ctx.db
    .select({
      path: modelVersionFiles.path,
      digest: modelVersionFiles.digest,
      sizeBytes: modelVersionFiles.sizeBytes,
    })
    .from(modelVersionFiles)
    .where(eq(modelVersionFiles.versionId, versionId))
    .orderBy(asc(modelVersionFiles.path));

/** A version that was sealed when nothing could load it: what a later release can load is named now. Its files stay as they are. */
async function nameWeights(
  ctx: Ctx,
  store: ObjectStore,
  version: ModelVersion,
  files: readonly StoredFile[],
) {
  const weights = version.weightsPath === null ? await findWeights(store, files) : undefined;
  if (!weights) return;
  const signature = weights.path === MLMODEL ? (await readMlmodel(store, files))?.signature : undefined;
  await ctx.db
    .update(modelVersions)
    .set({
      weightsPath: weights.path,
      weightsDigest: weights.digest,
      ...(signature ? { signature } : {}),
      updatedAt: ctx.now(),
    })
    .where(and(eq(modelVersions.id, version.id), isNull(modelVersions.weightsPath)));
}

/**
 * Copies the digests of all files into the version, once and for good, with the digest over all of them and the file to serve.
 * Running it again returns what was sealed the first time.
 * @throws Unusable when there are no files or bytes are missing from the store.
 */
export async function sealFiles(ctx: Ctx, store: ObjectStore, version: ModelVersion): Promise<StoredFile[]> {
  const at = version.createdAt;
  if (version.manifestDigest) {
    const sealed = (await sealedFiles(ctx, version.id)).map((file) => ({ ...file, createdAt: at }));
    await nameWeights(ctx, store, version, sealed);
    return sealed;
  }
  const files = version.artifactRoot ? await filesInFolder(ctx, version.artifactRoot) : [];
  if (files.length === 0)
    throw new Unusable("The source holds no files. Log the model again and register it.");
  for (const file of files) {
    const stored = await store.stat(file.digest);
    if (stored?.sizeBytes !== file.sizeBytes)
      throw new Unusable(
        `The bytes of ${file.path} are not in the object store. Log the model again and register it.`,
      );
  }
  const weights = await findWeights(store, files);
  await inTransaction(ctx, async (tx) => {
    const [mine] = await tx.db
      .update(modelVersions)
      .set({
        manifestDigest: manifestDigest(files),
        weightsPath: weights?.path ?? null,
        weightsDigest: weights?.digest ?? null,
        updatedAt: tx.now(),
      })
      .where(and(eq(modelVersions.id, version.id), isNull(modelVersions.manifestDigest)))
      .returning({ id: modelVersions.id });
    // Another worker sealed it in the meantime; its rows hold.
    if (!mine) return;
    await tx.db
      .insert(modelVersionFiles)
      .values(
        files.map(({ path, digest, sizeBytes }) => ({ versionId: version.id, path, digest, sizeBytes })),
      );
    if (version.loggedModelId) {
      await tx.db
        .insert(lineageEdges)
        .values({
          teamId: version.teamId,
          fromKind: "logged_model",
          fromId: version.loggedModelId,
          toKind: "model_version",
          toId: version.id,
          relation: "registered",
        })
        .onConflictDoNothing();
    }
  });
  return (await sealedFiles(ctx, version.id)).map((file) => ({ ...file, createdAt: at }));
}
