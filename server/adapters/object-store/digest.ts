import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { invalid } from "@/server/core/errors";
import type { BlobDigest, BlobSource, ByteRange, PutOptions, StoredBlob } from "./port";

/** Large reads: hashing runs at about twice the speed it has with the default 64 KiB. */
export const READ_CHUNK_BYTES = 1024 * 1024;

const STALE_SPOOL_MS = 24 * 60 * 60 * 1000;
const digestPattern = /^sha256:([0-9a-f]{64})$/;

/** The hex part of a digest. Error: `invalid` for anything but `sha256:<64 lower-case hex>`. */
export function hexOf(digest: string): string {
  const hex = digestPattern.exec(digest)?.[1];
  if (hex === undefined) {
    throw invalid(
      `"${digest.slice(0, 80)}" is not a content digest`,
      "Give sha256: and 64 lower-case hex digits.",
    );
  }
  return hex;
}

/** `sha256/ab/cdef…`: the relative place of a blob, the same in a folder and in a bucket. */
export function blobKey(digest: string): string {
  const hex = hexOf(digest);
  return `sha256/${hex.slice(0, 2)}/${hex.slice(2)}`;
}

/** Checks an inclusive range against a size. Error: `invalid`. */
export function checkRange(range: ByteRange, sizeBytes: number): { start: number; end: number } {
  const end = Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1);
  const whole = Number.isSafeInteger(range.start) && Number.isSafeInteger(end);
  if (!whole || range.start < 0 || range.start > end) {
    throw invalid(
      `Bytes ${range.start}-${range.end ?? ""} lie outside a blob of ${sizeBytes} bytes`,
      "Ask for a range inside the blob.",
    );
  }
  return { start: range.start, end };
}

/** A body spooled to disk: its bytes are durable under `path`, which the caller moves or removes. */
export interface SpooledBlob extends StoredBlob {
  path: string;
}

/** Streams a body into a fresh file of `folder` while hashing it; the file is flushed to disk before this answers. */
export async function spool(
  source: BlobSource,
  folder: string,
  options: PutOptions = {},
): Promise<SpooledBlob> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = path.join(folder, `${writerOf(process.pid)}${randomUUID()}`);
  const hash = createHash("sha256");
  const maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
  let sizeBytes = 0;
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          sizeBytes += chunk.byteLength;
          if (sizeBytes > maxBytes) {
            throw invalid(
              `The body is larger than ${maxBytes} bytes`,
              "Send a smaller file or raise the limit.",
            );
          }
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(target, { flags: "wx", mode: 0o600, flush: true, highWaterMark: READ_CHUNK_BYTES }),
    );
    const digest: BlobDigest = `sha256:${hash.digest("hex")}`;
    if (options.expectedDigest !== undefined && options.expectedDigest !== digest) {
      throw invalid(
        `The bytes hash to ${digest}, not to ${options.expectedDigest}`,
        "Send the file again; if it differs on purpose, send its own digest.",
      );
    }
    return { digest, sizeBytes, path: target };
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

/** SHA-256 of a stream of bytes. */
export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<BlobDigest> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

/** SHA-256 of a file. */
export function digestOfFile(file: string): Promise<BlobDigest> {
  return digestOf(createReadStream(file, { highWaterMark: READ_CHUNK_BYTES }));
}

/** Makes a rename in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Who writes a spooled file; a folder may be shared by machines. */
const writerOf = (pid: number) => `${os.hostname().replaceAll("~", "")}~${pid}~`;

/** Whether the process of this machine that wrote the file is gone, so that nobody will finish it. */
function isAbandoned(name: string): boolean {
  const pid = Number(name.split("~").at(-2));
  if (!Number.isInteger(pid) || !name.startsWith(writerOf(pid))) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

/** Removes what a killed process left half-written. */
export async function removeStaleSpool(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const file = path.join(folder, name);
    const info = await stat(file).catch(() => null);
    const isOld = info !== null && Date.now() - info.mtimeMs > STALE_SPOOL_MS;
    if (isOld || isAbandoned(name)) await rm(file, { force: true });
  }
}

/** True for the error of a missing file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
