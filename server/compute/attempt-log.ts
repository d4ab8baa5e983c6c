import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { cluster, objectStore } from "@/server/composition";
import { isAppError } from "@/server/core/errors";

const PIECE_BYTES = 1024 * 1024;

async function* piecesOf(attemptId: string, fromByte: number): AsyncGenerator<Buffer> {
  let offset = fromByte;
  for (;;) {
    const piece = await cluster().tailLog(attemptId, offset, PIECE_BYTES);
    if (piece.bytes.length > 0) yield piece.bytes;
    offset = piece.nextOffset;
    if (piece.eof || piece.bytes.length === 0) return;
  }
}

const END_BYTES = 64 * 1024;

/** The end of a stored log. */
export async function endOfLog(log: { digest: string; sizeBytes: number }): Promise<string> {
  const start = Math.max(0, log.sizeBytes - END_BYTES);
  return text(await objectStore().get(log.digest, start > 0 ? { range: { start } } : {}));
}

/** What the cluster has of an attempt's log, as a stream; null when it does not know the attempt. */
export async function logOf(attemptId: string, fromByte = 0): Promise<Readable | null> {
  try {
    await cluster().tailLog(attemptId, 0, 1);
  } catch (error) {
    if (isAppError(error) && error.code === "not_found") return null;
    throw error;
  }
  return Readable.from(piecesOf(attemptId, fromByte));
}
