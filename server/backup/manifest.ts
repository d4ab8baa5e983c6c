import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import { LauncherError } from "@/server/launcher/launcher-error";

/** What a backup says of itself. Written last; its own digest stands beside it. */

export const MANIFEST = "manifest.json";
export const MANIFEST_DIGEST = "manifest.sha256";
/** Blobs lie at `objects/sha256/ab/cdef…`, named by their bytes; this file lists them. */
export const BLOB_LIST = "objects.txt";

const Name = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/);
const Schema = z.enum(["public", "dbos"]);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.number().int().min(0);
/** A backup may come from anywhere: nothing of a path may lead out of its folder. */
const Inside = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
    "leads out of the folder or has odd characters",
  );
const FileEntry = z.strictObject({ path: Inside, sha256: Digest, sizeBytes: Count });
const VALUE = String.raw`(?:MINVALUE|MAXVALUE|'[0-9 :+.-]{1,40}'|-?\d{1,20})`;
/** It stands in a statement as it is, so it may be nothing but a range. */
const Bound = z
  .string()
  .regex(new RegExp(String.raw`^(?:DEFAULT|FOR VALUES FROM \(${VALUE}\) TO \(${VALUE}\))$`));

const TableEntry = z.strictObject({
  schema: Schema,
  name: Name,
  columns: z.array(Name).min(1),
  rows: Count,
  /** Before they were compressed: what is more was not written by a backup. */
  bytes: Count,
  file: Inside,
});
const SequenceEntry = z.strictObject({
  schema: Schema,
  name: Name,
  value: z.string().regex(/^-?\d{1,20}$/),
  isCalled: z.boolean(),
});
const PartitionEntry = z
  .strictObject({ schema: Schema, parent: Name, name: Name, bound: Bound })
  .refine(({ parent, name }) => name.startsWith(`${parent}_`), "a partition is named after its table");

export const Manifest = z.strictObject({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  release: z.string().max(100),
  /** Which migrations had been applied, by time and digest of their text. */
  migrations: z.array(z.strictObject({ createdAt: Count, hash: Digest })).min(1),
  /** Level of the workflow engine's schema; null where no worker ever ran. */
  engine: z.number().int().nullable(),
  tables: z.array(TableEntry).min(1),
  sequences: z.array(SequenceEntry),
  partitions: z.array(PartitionEntry),
  blobs: z.strictObject({ count: Count, bytes: Count, lacking: z.array(z.string()) }),
  /** Newest checkpoint of the transparency log; null while it is empty. */
  checkpoint: z.string().nullable(),
  files: z.array(FileEntry),
});
export type Manifest = z.output<typeof Manifest>;
export type FileEntry = z.output<typeof FileEntry>;

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

const damaged = (file: string, problem: string) =>
  new LauncherError(
    `The backup is damaged: ${file} ${problem}.`,
    "Use another backup. Nothing was restored from this one.",
  );

export function writeManifest(folder: string, manifest: Manifest): void {
  const text = `${JSON.stringify(Manifest.parse(manifest), null, 2)}\n`;
  fs.writeFileSync(path.join(folder, MANIFEST), text, { mode: 0o600, flush: true });
  fs.writeFileSync(path.join(folder, MANIFEST_DIGEST), `${sha256(text)}\n`, { mode: 0o600, flush: true });
}

/**
 * A file of a backup, opened for reading. A link, in its own name or in a folder's on the way, would lead a restore that runs as root to
 * files that whoever made the backup could not read.
 * @throws LauncherError when it is missing or anything but a file.
 */
export function fileIn(folder: string, name: string): string {
  let at = folder;
  const parts = name.split("/");
  for (const [index, part] of parts.entries()) {
    at = path.join(at, part);
    const stat = fs.lstatSync(at, { throwIfNoEntry: false });
    if (!stat) throw damaged(name, "is missing");
    if (stat.isSymbolicLink()) throw damaged(name, "is a link or lies behind one");
    if (index === parts.length - 1 ? !stat.isFile() : !stat.isDirectory())
      throw damaged(name, "is not a file");
  }
  return at;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

/** Whether every file that a table or the restore needs is one whose digest is known. */
function refuseUnlisted(manifest: Manifest): void {
  const known = new Set(manifest.files.map((file) => file.path));
  const needed = [BLOB_LIST, ...manifest.tables.map((table) => table.file)];
  for (const name of needed) if (!known.has(name)) throw damaged(MANIFEST, `does not list ${name}`);
  const names = manifest.tables.map(({ schema, name }) => `${schema}.${name}`);
  if (new Set(names).size < names.length) throw damaged(MANIFEST, "names a table twice");
}

/** Reads what a backup says of itself. @throws LauncherError when it is none, or damaged */
export function readManifest(folder: string): Manifest {
  if (!fs.existsSync(path.join(folder, MANIFEST)))
    throw new LauncherError(
      `${folder} holds no backup: ${MANIFEST} is missing.`,
      "Name a folder that `npm run backup` wrote. One that ends in .part was cut off and is not whole.",
    );
  const text = fs.readFileSync(fileIn(folder, MANIFEST), "utf8");
  const told = fs.readFileSync(fileIn(folder, MANIFEST_DIGEST), "utf8").trim();
  if (told !== sha256(text)) throw damaged(MANIFEST, "is not what was written");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(MANIFEST, "is no JSON");
  }
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(MANIFEST, `has a value that no backup has (${issue?.path.join(".")}: ${issue?.message})`);
  }
  refuseUnlisted(parsed.data);
  return parsed.data;
}

/** Reads every listed file and compares it with its digest. @throws LauncherError that names the first one that differs */
export async function checkFiles(folder: string, { files }: Manifest): Promise<void> {
  for (const { path: name, sha256: wanted, sizeBytes } of files) {
    const file = fileIn(folder, name);
    if (fs.statSync(file).size !== sizeBytes) throw damaged(name, "has another size");
    if ((await digestOf(file)) !== wanted) throw damaged(name, "has other bytes");
  }
}

/** Where a blob lies in a backup. */
export const blobFile = (digest: string): string => {
  const hex = digest.replace(/^sha256:/, "");
  return `objects/sha256/${hex.slice(0, 2)}/${hex.slice(2)}`;
};
