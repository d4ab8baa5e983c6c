import { and, eq, like, or, sql } from "drizzle-orm";
import { z } from "zod";
import { artifactSeals, artifacts, blobs } from "@/db/schema";
import { clip } from "@/server/core/characters";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { forbidden, invalidField, notFound } from "@/server/core/errors";
import { mutation, query } from "@/server/core/verb";
import { loadLoggedModel, loadRun } from "./load";
import { inFolderOrder, parseArtifactAddress, type ArtifactAddress, type FolderEntry } from "./rules";
import { ArtifactPathInput } from "./schemas";

function addressOf(path: string): ArtifactAddress {
  const address = parseArtifactAddress(path);
  if (!address) {
    throw invalidField(
      "path",
      `"${clip(path, 200)}" is not an artifact path of a run or a logged model`,
      "Use the artifact URI that the run reports.",
    );
  }
  return address;
}

/** Checks that the folder's owner exists in the caller's team; for writes also that it is not sealed. */
async function requireOwner(ctx: Ctx, address: ArtifactAddress, forWrite: boolean): Promise<void> {
  if (address.owner.kind === "run") {
    const run = await loadRun(ctx, address.owner.id);
    if (run.experimentId !== address.experimentId) throw notFound("artifact", address.root);
    if (forWrite) await refuseSealedFolder(ctx, address);
    return;
  }
  const model = await loadLoggedModel(ctx, address.owner.id);
  if (model.experimentId !== address.experimentId) throw notFound("artifact", address.root);
  if (forWrite && model.sealedAt) throw sealed();
}

const sealed = () =>
  forbidden(
    "This model is registered; its files are sealed by their digests.",
    "Log a new model and register it as the next version.",
  );

/** A folder of a run that a version was registered from: nothing in it, and no folder above it, may change. */
async function refuseSealedFolder(ctx: Ctx, address: ArtifactAddress): Promise<void> {
  const seals = await ctx.db
    .select({ prefix: artifactSeals.prefix })
    .from(artifactSeals)
    .where(eq(artifactSeals.root, address.root));
  const inside = (path: string, folder: string) =>
    folder === "" || path === folder || path.startsWith(`${folder}/`);
  if (seals.some(({ prefix }) => inside(address.path, prefix) || inside(prefix, address.path)))
    throw sealed();
}

/** Whether the caller may write here; asked before the bytes are taken. */
export const prepareArtifact = query(
  {
    name: "experiments.artifact.prepare",
    permission: "experiments.run.write",
    input: ArtifactPathInput,
    summary: "Check an artifact path for writing",
  },
  async ({ ctx, input }) => {
    const address = addressOf(input.path);
    if (address.path === "") throw invalidField("path", "names a folder; name a file");
    await requireOwner(ctx, address, true);
    return address;
  },
);

const PutArtifactInput = ArtifactPathInput.extend({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  sizeBytes: z.number().int().min(0),
  mediaType: z.string().max(200).default("application/octet-stream"),
});

/** Points a path at a blob that the object store already holds. */
export const putArtifact = mutation(
  {
    name: "experiments.artifact.put",
    permission: "experiments.run.write",
    input: PutArtifactInput,
    summary: "Store an artifact",
    audit: "none: files of a run; sealing them into a version is audited",
  },
  async ({ ctx, input }) => {
    const address = addressOf(input.path);
    await requireOwner(ctx, address, true);
    const row = { digest: input.digest, sizeBytes: input.sizeBytes };
    await ctx.db.insert(blobs).values(row).onConflictDoNothing();
    const value = { ...row, teamId: ctx.actor.teamId, mediaType: input.mediaType, createdAt: ctx.now() };
    await ctx.db
      .insert(artifacts)
      .values({ root: address.root, path: address.path, ...value })
      .onConflictDoUpdate({ target: [artifacts.root, artifacts.path], set: value });
    return {};
  },
);

/** The entries of one folder, whatever lies beneath them; a name that is a file and a folder counts as the folder. */
async function entriesOf(ctx: Ctx, { root, path }: ArtifactAddress): Promise<FolderEntry[]> {
  const prefix = path === "" ? "" : `${path}/`;
  // The database counts characters where JavaScript counts code units.
  const rest = sql`substr(${artifacts.path}, ${Array.from(prefix).length + 1}::int)`;
  const rows = await ctx.db
    .select({
      name: sql<string>`split_part(${rest}, '/', 1)`,
      isDir: sql<boolean>`bool_or(position('/' in ${rest}) > 0)`,
      sizeBytes: sql<number>`max(${artifacts.sizeBytes})::float8`,
    })
    .from(artifacts)
    .where(and(eq(artifacts.root, root), sql`starts_with(${artifacts.path}, ${prefix})`))
    .groupBy(sql`1`);
  return rows.map(({ name, isDir, sizeBytes }) => ({
    path: prefix + name,
    isDir,
    sizeBytes: isDir ? undefined : sizeBytes,
  }));
}

/** Files of one folder level under the address. */
export const listArtifacts = query(
  {
    name: "experiments.artifact.list",
    permission: "experiments.run.read",
    input: ArtifactPathInput,
    summary: "List artifacts",
  },
  async ({ ctx, input }) => {
    const address = addressOf(input.path);
    await requireOwner(ctx, address, false);
    return inFolderOrder(await entriesOf(ctx, address));
  },
);

/** Where an artifact's bytes are. @throws AppError `not_found` */
export const getArtifact = query(
  {
    name: "experiments.artifact.get",
    permission: "experiments.run.read",
    input: ArtifactPathInput,
    summary: "One artifact",
  },
  async ({ ctx, input }) => {
    const address = addressOf(input.path);
    await requireOwner(ctx, address, false);
    const [row] = await ctx.db
      .select()
      .from(artifacts)
      .where(and(eq(artifacts.root, address.root), eq(artifacts.path, address.path)));
    if (!row) throw notFound("artifact", address.path);
    return row;
  },
);

export const deleteArtifact = mutation(
  {
    name: "experiments.artifact.delete",
    permission: "experiments.run.write",
    input: ArtifactPathInput,
    summary: "Delete an artifact or a folder",
  },
  async ({ ctx, input }) => {
    const address = addressOf(input.path);
    await requireOwner(ctx, address, true);
    const prefix = `${address.path.replace(/[\\%_]/g, "\\$&")}/%`;
    const gone = await ctx.db
      .delete(artifacts)
      .where(
        and(
          eq(artifacts.root, address.root),
          or(eq(artifacts.path, address.path), like(artifacts.path, prefix)),
        ),
      )
      .returning({ path: artifacts.path });
    await audit(ctx, {
      action: "experiments.artifact.delete",
      subject: { kind: address.owner.kind, id: address.owner.id },
      before: { paths: gone.map((row) => row.path) },
    });
    return { deleted: gone.length };
  },
);
