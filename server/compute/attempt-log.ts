import { Readable } from "node:stream";
import { cluster } from "@/server/composition";
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
