import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogPiece } from "../port";

const DEFAULT_PIECE_BYTES = 256 * 1024;
const POLL_MS = 200;
const NEWLINE = 10;

/**
 * Reads a piece of a growing file, cut after its last whole line.
 * @param ended whether the writer had ended before this call
 */
export async function readLogPiece(
  file: string,
  fromByte: number,
  ended: boolean,
  maxBytes = DEFAULT_PIECE_BYTES,
): Promise<LogPiece> {
  const handle = await open(file, "r").catch(() => null);
  if (handle === null) return { bytes: Buffer.alloc(0), nextOffset: fromByte, eof: ended };
  try {
    const { size } = await handle.stat();
    const wanted = Math.max(0, Math.min(size - fromByte, maxBytes));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, fromByte);
    const read = buffer.subarray(0, bytesRead);
    const lastLine = read.lastIndexOf(NEWLINE) + 1;
    const atEnd = ended && fromByte + bytesRead >= size;
    const lineIsWhole = lastLine > 0 && !atEnd;
    const lineStillGrows = lastLine === 0 && !atEnd && bytesRead < maxBytes;
    const bytes = lineIsWhole ? read.subarray(0, lastLine) : lineStillGrows ? read.subarray(0, 0) : read;
    return { bytes, nextOffset: fromByte + bytes.length, eof: atEnd };
  } finally {
    await handle.close();
  }
}

/** Pieces of a log as it grows; the last one has `eof`. Ends without it when `signal` fires. */
export async function* followLogPieces(
  next: (fromByte: number) => Promise<LogPiece>,
  fromByte: number,
  signal: AbortSignal | undefined,
): AsyncIterable<LogPiece> {
  let offset = fromByte;
  const isAborted = () => signal?.aborted === true;
  while (!isAborted()) {
    const piece = await next(offset);
    offset = piece.nextOffset;
    if (piece.bytes.length > 0 || piece.eof) yield piece;
    if (piece.eof) return;
    if (piece.bytes.length === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
