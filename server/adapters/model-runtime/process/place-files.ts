import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AppError, invalid } from "@/server/core/errors";
import type { ModelFile } from "../port";

const isPlain = (file: string) =>
  file !== "" &&
  !path.isAbsolute(file) &&
  !file.includes("\0") &&
  file.split("/").every((part) => part !== "" && part !== "." && part !== "..");

async function place(file: ModelFile, target: string): Promise<void> {
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(await file.open(), hashing, createWriteStream(target, { flags: "wx", mode: 0o400 }));
  if (`sha256:${hash.digest("hex")}` !== file.digest)
    throw invalid("its weights on disk do not have the digest that was attested");
}

/** Lets a model's user, by its group, read a file or pass a folder of ours. It can change neither, so what was checked stays as it was. */
export async function lend(file: string, mode: number, userId: number | undefined): Promise<void> {
  if (userId === undefined) return;
  await fs.chown(file, process.getuid?.() ?? 0, userId);
  await fs.chmod(file, mode);
}

/**
 * Copies a version's own files, and nothing else, to where its process may read, and checks each digest on the way. What names a path that
 * is not here (another version's, the store's) finds nothing.
 * @throws AppError `invalid` for a path that leads elsewhere or bytes that are not the attested ones.
 */
export async function placeFiles(
  folder: string,
  files: readonly ModelFile[],
  userId: number | undefined,
): Promise<void> {
  try {
    const folders = new Set([folder]);
    await fs.mkdir(folder, { mode: 0o700 });
    for (const file of files) {
      if (!isPlain(file.path)) throw invalid(`its file list names the path ${JSON.stringify(file.path)}`);
      const target = path.join(folder, file.path);
      for (let above = path.dirname(target); !folders.has(above); above = path.dirname(above))
        folders.add(above);
      await fs.mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      await place(file, target);
      await lend(target, 0o440, userId);
    }
    for (const each of folders) await lend(each, 0o750, userId);
  } catch (error) {
    await fs.rm(folder, { recursive: true, force: true });
    if (error instanceof Error && "code" in error && error.code === "ENOSPC")
      throw new AppError("unavailable", "the disk has no room for a copy of its files", { cause: error });
    throw error;
  }
}
