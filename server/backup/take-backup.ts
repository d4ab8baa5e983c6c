import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ObjectStore } from "@/server/adapters/object-store";
import { PRODUCT_VERSION } from "@/server/core/heartbeat";
import { LauncherError } from "@/server/launcher/launcher-error";
import type { Addresses } from "./addresses";
import { dumpDatabase, type BlobRow } from "./dump-database";
import { homeFiles } from "./home-files";
import { BLOB_LIST, blobFile, writeManifest, type FileEntry, type Manifest } from "./manifest";

const MIB = 1024 * 1024;
const PRIVATE = { mode: 0o700, recursive: true };
/** Several at once, because each waits for the disk when it is written. */
const BLOBS_AT_ONCE = 4;

export interface Source extends Pick<Addresses, "ownerUrl" | "appUrl"> {
  home: string;
  store: ObjectStore;
}

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Where a backup may be written: a folder that is new or empty. @throws LauncherError in words */
function prepareTarget(target: string, home: string): string {
  const relative = path.relative(home, target);
  if (relative === "" || !(relative.startsWith("..") || path.isAbsolute(relative)))
    throw new LauncherError(
      `The folder ${target} lies in the installation's own, ${home}.`,
      "Name a folder elsewhere, best on another disk.",
    );
  const stat = fs.lstatSync(target, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory())
    throw new LauncherError(`${target} is not a folder.`, "Name a new or an empty folder.");
  if (stat && fs.readdirSync(target).length > 0)
    throw new LauncherError(
      `The folder ${target} is not empty.`,
      "Name a new or an empty folder; a backup is never written over another.",
    );
  const part = `${target}.part`;
  if (fs.existsSync(part))
    throw new LauncherError(
      `${part} is there: a backup to this folder runs, or was cut off.`,
      `When none runs, remove it: rm -r "${part}"`,
    );
  fs.mkdirSync(path.dirname(target), PRIVATE);
  fs.mkdirSync(part, { mode: 0o700 });
  return part;
}

/** Copies what there is of a file while others append to it; its digest is that of the copy. */
async function copyFile(from: string, folder: string, name: string): Promise<FileEntry | undefined> {
  const to = path.join(folder, name);
  fs.mkdirSync(path.dirname(to), PRIVATE);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(
      fs.createReadStream(from, { highWaterMark: MIB }),
      measure,
      fs.createWriteStream(to, { flags: "wx", mode: 0o600, flush: true }),
    );
  } catch (error) {
    // A part of the spool that has been stored meanwhile is in the database before its file goes.
    if (!isMissing(error) || fs.existsSync(from)) throw error;
    fs.rmSync(to, { force: true });
    return undefined;
  }
  return { path: name, sha256: hash.digest("hex"), sizeBytes };
}

async function entryOf(folder: string, name: string): Promise<FileEntry> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(path.join(folder, name), { highWaterMark: MIB }))
    hash.update(chunk);
  return {
    path: name,
    sha256: hash.digest("hex"),
    sizeBytes: fs.statSync(path.join(folder, name)).size,
  };
}

/** Copies one blob and compares it with its name. @returns what is wrong with it, if anything is */
async function copyBlob(
  store: ObjectStore,
  folder: string,
  { digest }: BlobRow,
): Promise<string | undefined> {
  if (!(await store.has(digest))) return "is missing";
  const to = path.join(folder, blobFile(digest));
  fs.mkdirSync(path.dirname(to), PRIVATE);
  const hash = createHash("sha256");
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(
    await store.get(digest),
    measure,
    fs.createWriteStream(to, { flags: "wx", mode: 0o600, flush: true }),
  );
  if (`sha256:${hash.digest("hex")}` === digest) return undefined;
  fs.rmSync(to);
  return "has other bytes than its name says";
}

/** No blob is ever deleted, so what the rows of a moment name is there afterwards, too. */
async function copyBlobs(store: ObjectStore, folder: string, blobs: readonly BlobRow[]): Promise<string[]> {
  const lacking: string[] = [];
  const waiting = blobs.values();
  const work = async () => {
    for (const blob of waiting) {
      const problem = await copyBlob(store, folder, blob);
      if (problem) lacking.push(`${blob.digest} ${problem}`);
    }
  };
  await Promise.all(Array.from({ length: BLOBS_AT_ONCE }, work));
  return lacking.toSorted();
}

async function write(source: Source, folder: string): Promise<Manifest> {
  const { home, store } = source;
  const files: FileEntry[] = [];
  // Before the database: a prediction that was answered by now is in one of the two, or in both.
  for (const name of homeFiles(home)) {
    const entry = await copyFile(path.join(home, name), folder, name);
    if (entry) files.push(entry);
  }
  const blobs: BlobRow[] = [];
  const dumped = await dumpDatabase(source, folder, (blob) => blobs.push(blob));
  for (const table of dumped.tables) files.push(await entryOf(folder, table.file));
  const lacking = await copyBlobs(store, folder, blobs);
  const list = blobs.map(({ digest, sizeBytes }) => `${digest} ${sizeBytes}\n`).join("");
  fs.writeFileSync(path.join(folder, BLOB_LIST), list, { mode: 0o600, flush: true });
  files.push(await entryOf(folder, BLOB_LIST));
  const manifest: Manifest = {
    format: 1,
    release: PRODUCT_VERSION,
    ...dumped,
    blobs: {
      count: blobs.length - lacking.length,
      bytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      lacking,
    },
    files,
  };
  writeManifest(folder, manifest);
  return manifest;
}

/**
 * Writes everything that an installation needs to be made again into a folder, while it runs. The folder gets its name when it is whole.
 * @throws LauncherError when the folder cannot be used.
 */
export async function takeBackup(source: Source, target: string): Promise<Manifest> {
  const part = prepareTarget(target, source.home);
  try {
    const manifest = await write(source, part);
    if (fs.existsSync(target)) fs.rmdirSync(target);
    fs.renameSync(part, target);
    return manifest;
  } catch (error) {
    fs.rmSync(part, { recursive: true, force: true });
    throw error;
  }
}
