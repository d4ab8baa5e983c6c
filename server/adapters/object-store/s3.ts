import { createReadStream } from "node:fs";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { AppError, invalid, notFound } from "@/server/core/errors";
import { blobKey, checkRange, digestOf, READ_CHUNK_BYTES, removeStaleSpool, spool } from "./digest";
import { keep } from "./local";
import type { BlobDigest, ObjectStore, StoredBlob } from "./port";

const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
/** A staged file in use within this time is never evicted: someone may be about to open it. */
const EVICT_PROTECT_MS = 60 * 60 * 1000;

/** Settings of a bucket. Credentials come from the SDK's default chain (environment, profile, instance role). */
export interface S3StoreSettings {
  /** `s3://bucket/prefix?endpoint=https://…&region=…&path_style=true` */
  url: string;
  /** Folder for uploads in flight and staged copies. */
  stagingRoot: string;
  /** Staged copies beyond this size are evicted, least recently used first. */
  stagingMaxBytes: number;
}

/** The parts of an `s3://` URL. Error: `invalid`. */
export function parseS3Url(url: string) {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.protocol !== "s3:" || parsed.hostname === "") {
    throw invalid(
      "The object store address is not an s3:// address",
      "Set it like s3://bucket/prefix?endpoint=https://host&region=eu-west-1.",
    );
  }
  const endpoint = parsed.searchParams.get("endpoint") ?? undefined;
  const pathStyle = parsed.searchParams.get("path_style");
  return {
    bucket: parsed.hostname,
    prefix: decodeURIComponent(parsed.pathname).replace(/^\/+|\/+$/g, ""),
    endpoint,
    region: parsed.searchParams.get("region") ?? "us-east-1",
    forcePathStyle: pathStyle === null ? endpoint !== undefined : pathStyle === "true",
  };
}

/**
 * Blobs in any S3: a body is spooled and hashed on disk, then sent in parts to `<prefix>/sha256/ab/cdef…`. S3 shows
 * an object only when it is complete, so a reader never meets half a blob.
 */
export function createS3ObjectStore(settings: S3StoreSettings): ObjectStore {
  const { bucket, prefix, endpoint, region, forcePathStyle } = parseS3Url(settings.url);
  const client = new S3Client({
    region,
    endpoint,
    forcePathStyle,
    // Our own SHA-256 guards every byte; the SDK's newer trailers are unknown to many S3 servers.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const spoolFolder = path.join(settings.stagingRoot, "tmp");
  const swept = removeStaleSpool(spoolFolder);
  const staging = new Map<string, Promise<string>>();
  const at = (digest: string) => ({
    Bucket: bucket,
    Key: prefix === "" ? blobKey(digest) : `${prefix}/${blobKey(digest)}`,
  });

  async function statBlob(digest: string): Promise<StoredBlob | null> {
    const place = at(digest);
    try {
      const head = await client.send(new HeadObjectCommand(place));
      return { digest: digest as BlobDigest, sizeBytes: head.ContentLength ?? 0 };
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  const open: ObjectStore["get"] = async (digest, options = {}) => {
    let header: string | undefined;
    if (options.range !== undefined) {
      const found = await statBlob(digest);
      if (found === null) throw notFound("blob", digest);
      const range = checkRange(options.range, found.sizeBytes);
      header = `bytes=${range.start}-${range.end}`;
    }
    try {
      const { Body } = await client.send(new GetObjectCommand({ ...at(digest), Range: header }));
      if (!(Body instanceof Readable)) throw new Error("The object store answered without a body");
      return Body;
    } catch (error) {
      if (isAbsent(error)) throw notFound("blob", digest);
      throw error;
    }
  };

  const put: ObjectStore["put"] = async (source, options) => {
    await swept;
    const spooled = await spool(source, spoolFolder, options);
    try {
      const present = await statBlob(spooled.digest);
      if (present?.sizeBytes !== spooled.sizeBytes) {
        const Body = createReadStream(spooled.path, { highWaterMark: READ_CHUNK_BYTES });
        const params = { ...at(spooled.digest), Body, ContentType: "application/octet-stream" };
        await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done();
      }
      await keep(settings.stagingRoot, spooled);
    } finally {
      await rm(spooled.path, { force: true });
    }
    await evict(settings);
    return { digest: spooled.digest, sizeBytes: spooled.sizeBytes };
  };

  async function stage(digest: string): Promise<string> {
    const file = path.join(settings.stagingRoot, blobKey(digest));
    const staged = await stat(file).catch(() => null);
    if (staged !== null) {
      await utimes(file, new Date(), new Date()).catch(() => undefined);
      return file;
    }
    const body = await open(digest);
    const spooled = await spool(body, spoolFolder);
    if (spooled.digest !== digest) {
      await rm(spooled.path, { force: true });
      throw new AppError(
        "internal",
        `The object store holds other bytes under ${digest} (they hash to ${spooled.digest})`,
        { hint: "The stored object is damaged: restore it from a backup or upload the original file again." },
      );
    }
    await keep(settings.stagingRoot, spooled);
    await evict(settings);
    return file;
  }

  return {
    put,
    putFile: (file, options) => put(createReadStream(file, { highWaterMark: READ_CHUNK_BYTES }), options),
    get: open,
    has: async (digest) => (await statBlob(digest)) !== null,
    stat: statBlob,
    async delete(digest) {
      const present = await statBlob(digest);
      await rm(path.join(settings.stagingRoot, blobKey(digest)), { force: true });
      if (present === null) return false;
      await client.send(new DeleteObjectCommand(at(digest)));
      return true;
    },
    localPath(digest) {
      const running = staging.get(digest);
      if (running !== undefined) return running;
      const started = stage(digest).finally(() => staging.delete(digest));
      staging.set(digest, started);
      return started;
    },
    async verify(digest) {
      if ((await statBlob(digest)) === null) return { ok: false, actual: null };
      const actual = await digestOf(await open(digest));
      return { ok: actual === digest, actual };
    },
  };
}

function isAbsent(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    error.$metadata.httpStatusCode === 404 &&
    error.name !== "NoSuchBucket"
  );
}

async function evict({ stagingRoot, stagingMaxBytes }: S3StoreSettings): Promise<void> {
  const folder = path.join(stagingRoot, "sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = [];
  let total = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const info = await stat(file).catch(() => null);
    if (info === null) continue;
    total += info.size;
    files.push({ file, size: info.size, usedMs: info.mtimeMs });
  }
  const protectedSince = Date.now() - EVICT_PROTECT_MS;
  for (const { file, size, usedMs } of files.toSorted((a, b) => a.usedMs - b.usedMs)) {
    if (total <= stagingMaxBytes || usedMs > protectedSince) return;
    await rm(file, { force: true });
    total -= size;
  }
}
