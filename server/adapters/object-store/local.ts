import { createReadStream } from "node:fs";
import { chmod, mkdir, rename, rm, stat, unlink } from "node:fs/promises";
import path from "node:path";
import { notFound } from "@/server/core/errors";
import {
  blobKey,
  checkRange,
  digestOfFile,
  isMissing,
  READ_CHUNK_BYTES,
  removeStaleSpool,
  type SpooledBlob,
  spool,
  syncFolder,
} from "./digest";
import type { BlobDigest, ObjectStore, StoredBlob } from "./port";

/** Blobs in a folder: `<root>/sha256/ab/cdef…`, written beside in `<root>/tmp` and renamed into place when durable. */
export function createLocalObjectStore(root: string): ObjectStore {
  const spoolFolder = path.join(root, "tmp");
  const fileOf = (digest: string) => path.join(root, blobKey(digest));
  const swept = removeStaleSpool(spoolFolder);

  async function statBlob(digest: string): Promise<StoredBlob | null> {
    try {
      const info = await stat(fileOf(digest));
      return { digest: digest as BlobDigest, sizeBytes: info.size };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async function requireBlob(digest: string): Promise<StoredBlob> {
    const found = await statBlob(digest);
    if (found === null) throw notFound("blob", digest);
    return found;
  }

  const put: ObjectStore["put"] = async (source, options) => {
    await swept;
    return keep(root, await spool(source, spoolFolder, options));
  };

  return {
    put,
    putFile: (file, options) => put(createReadStream(file, { highWaterMark: READ_CHUNK_BYTES }), options),
    async get(digest, options = {}) {
      const { sizeBytes } = await requireBlob(digest);
      const range = options.range === undefined ? {} : checkRange(options.range, sizeBytes);
      return createReadStream(fileOf(digest), { ...range, highWaterMark: READ_CHUNK_BYTES });
    },
    has: async (digest) => (await statBlob(digest)) !== null,
    stat: statBlob,
    async delete(digest) {
      try {
        await unlink(fileOf(digest));
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
    async localPath(digest) {
      await requireBlob(digest);
      return fileOf(digest);
    },
    async verify(digest) {
      if ((await statBlob(digest)) === null) return { ok: false, actual: null };
      const actual = await digestOfFile(fileOf(digest));
      return { ok: actual === digest, actual };
    },
  };
}

/** Moves a spooled body to its address; when a blob of that name and size is there already, the spooled copy goes. */
export async function keep(root: string, spooled: SpooledBlob): Promise<StoredBlob> {
  const { digest, sizeBytes } = spooled;
  const target = path.join(root, blobKey(digest));
  const present = await stat(target).catch(() => null);
  if (present?.size === sizeBytes) {
    await rm(spooled.path, { force: true });
    return { digest, sizeBytes };
  }
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  await chmod(spooled.path, 0o400);
  await rename(spooled.path, target);
  await syncFolder(path.dirname(target));
  return { digest, sizeBytes };
}
