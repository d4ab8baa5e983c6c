import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import type { Context } from "hono";
import { objectStore } from "@/server/composition";
import { createCtx, type Caller } from "@/server/core/context";
import { invalid, isAppError } from "@/server/core/errors";
import { log } from "@/server/core/log";
import { inTransaction } from "@/server/core/verb";
import { outlastOutage } from "@/server/durable/transient";
import type { HttpEnv } from "@/server/kit/app-env";
import { failUpload } from "./fail-upload";
import { exportDatasets } from "./queries";
import { MAX_UPLOAD_BYTES } from "./schemas";
import { beginUpload } from "./begin-upload";
import { finishUpload } from "./finish-upload";
import { openVersionFile } from "./version-queries";

const EXPORT_KEYS = [
  "slug",
  "name",
  "description",
  "classification",
  "ownerName",
  "latestVersion",
  "rowCount",
  "sizeBytes",
  "format",
  "createdAt",
  "updatedAt",
  "archivedAt",
] as const;

function failureOf(error: unknown, arrived: boolean): { code: string; message: string } {
  if (isAppError(error)) return { code: error.code, message: error.message };
  if (arrived) return { code: "unavailable", message: "The file arrived, but could not be recorded." };
  return { code: "interrupted", message: "The connection ended before the whole file arrived." };
}

/**
 * Says why an upload ended; when the database is away, as soon as it is back, and nobody waits for that. One whose receipt was
 * committed although the answer was lost is not touched: sending the file again finds it.
 */
async function closeFailed(
  caller: Caller,
  uploadId: string,
  error: unknown,
  arrived: boolean,
): Promise<void> {
  const failure = {
    ...failureOf(error, arrived),
    hint:
      (isAppError(error) ? error.hint : undefined) ??
      "Send the file again; what was sent before does no harm.",
  };
  const close = () =>
    inTransaction(createCtx(caller), (ctx) => failUpload(ctx, uploadId, failure, ["receiving"]));
  try {
    await close();
  } catch {
    void outlastOutage("close upload", close).catch((late: unknown) =>
      log.warn({ err: late, uploadId }, "a failed upload could not be closed"),
    );
  }
}

/** Streams the body to the object store; a broken connection leaves a failed upload and no blob. */
export async function receiveUpload(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const begun = await beginUpload.execute(caller, { ...c.req.query(), ...c.req.param() });
  const body = c.req.raw.body;
  const source = body ? Readable.fromWeb(body as unknown as NodeStream) : Readable.from([]);
  let arrived = false;
  try {
    const { digest, sizeBytes } = await objectStore().put(source, {
      maxBytes: MAX_UPLOAD_BYTES,
      expectedDigest: begun.digest,
    });
    arrived = true;
    const upload = await finishUpload.execute(caller, {
      uploadId: begun.uploadId,
      blobDigest: digest,
      sizeBytes,
    });
    return c.json(upload, 202, {
      location: `/api/v1/uploads/${upload.id}`,
      "x-request-id": caller.requestId,
    });
  } catch (error) {
    const cutOff = !arrived && error instanceof Error && "code" in error && error.code === "ECONNRESET";
    await closeFailed(caller, begun.uploadId, error, arrived);
    if (cutOff) throw invalid("The connection ended before the whole file arrived.", "Send the file again.");
    throw error;
  }
}

const RANGE = /^bytes=(\d+)-(\d*)$/;

/** Sends a file of a version; a single range is served as such. */
export async function sendVersionFile(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const file = await openVersionFile.execute(caller, { ...c.req.query(), ...c.req.param() });
  const etag = `"${file.digest}"`;
  const headers: Record<string, string> = {
    "content-type": file.mediaType,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.path)}`,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
    "x-content-digest": file.digest,
    etag,
  };
  if (c.req.header("if-none-match") === etag) return new Response(null, { status: 304, headers });
  const asked = RANGE.exec(c.req.header("range") ?? "");
  const start = Number(asked?.[1] ?? 0);
  const end = Math.min(asked?.[2] ? Number(asked[2]) : file.sizeBytes - 1, file.sizeBytes - 1);
  if (asked && start > end) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${file.sizeBytes}` } });
  }
  if (asked) headers["content-range"] = `bytes ${start}-${end}/${file.sizeBytes}`;
  headers["content-length"] = String(end - start + 1);
  const status = asked ? 206 : 200;
  if (c.req.method === "HEAD") return new Response(null, { status, headers });
  const stream = await objectStore().get(file.digest, asked ? { range: { start, end } } : {});
  return new Response(Readable.toWeb(stream) as unknown as ReadableStream, { status, headers });
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = value instanceof Date ? value.toISOString() : String(value);
  // A leading =, +, - or @ would be run as a formula by a spreadsheet.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The list as CSV or JSON, as a download. */
export async function sendDatasetExport(c: Context<HttpEnv>): Promise<Response> {
  const caller = await c.get("caller")();
  const { format, rows } = await exportDatasets.execute(caller, c.req.query());
  const body =
    format === "json"
      ? JSON.stringify(rows, null, 2)
      : [
          EXPORT_KEYS.join(","),
          ...rows.map((row) => EXPORT_KEYS.map((key) => cell(row[key])).join(",")),
        ].join("\r\n") + "\r\n";
  return new Response(body, {
    headers: {
      "content-type": format === "json" ? "application/json" : "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="datasets.${format}"`,
      "cache-control": "no-store",
    },
  });
}
