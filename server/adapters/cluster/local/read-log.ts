import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gapLine } from "../log-gap";
import type { LogPiece } from "../port";
import { codeOf } from "./shim/files.mjs";
import { laterParts } from "./shim/log-files.mjs";

const DEFAULT_PIECE_BYTES = 256 * 1024;
const POLL_MS = 200;
const NEWLINE = 10;

interface Part {
  file: string;
  start: number;
  /** Whether nothing follows it. */
  isLast: boolean;
}

/** Where a byte of a log lies now, or what stands in its place. */
async function placeOf(log: string, fromByte: number): Promise<Part | LogPiece> {
  const head = await stat(log);
  const later = laterParts(log);
  const [first] = later;
  if (!first || fromByte < head.size) return { file: log, start: 0, isLast: !first };
  if (fromByte < first.start) {
    const bytes = gapLine(first.start - head.size, head.mtime);
    return { bytes, nextOffset: first.start, eof: false };
  }
  const at = later.findLastIndex(({ start }) => start <= fromByte);
  return { file: log, start: 0, ...later[at], isLast: at === later.length - 1 };
}

async function pieceOf(part: Part, fromByte: number, ended: boolean, maxBytes: number): Promise<LogPiece> {
  const handle = await open(part.file, "r");
  try {
    const { size } = await handle.stat();
    const at = fromByte - part.start;
    const wanted = Math.max(0, Math.min(size - at, maxBytes));
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, at);
    const read = buffer.subarray(0, bytesRead);
    const lastLine = read.lastIndexOf(NEWLINE) + 1;
    // What another part follows grows no more.
    const atEnd = (ended || !part.isLast) && at + bytesRead >= size;
    const lineIsWhole = lastLine > 0 && !atEnd;
    const lineStillGrows = lastLine === 0 && !atEnd && bytesRead < maxBytes;
    const bytes = lineIsWhole ? read.subarray(0, lastLine) : lineStillGrows ? read.subarray(0, 0) : read;
    return { bytes, nextOffset: fromByte + bytes.length, eof: atEnd && part.isLast };
  } finally {
    await handle.close();
  }
}

const isGone = (error: unknown) => codeOf(error) === "ENOENT";

/**
 * Reads a piece of a growing log, cut after its last whole line. Bytes are counted as they were written: what was dropped from the middle
 * keeps its numbers, and reading from there answers a line that says how much it was.
 * @param ended whether the writer had ended before this call
 */
export async function readLogPiece(
  log: string,
  fromByte: number,
  ended: boolean,
  maxBytes = DEFAULT_PIECE_BYTES,
): Promise<LogPiece> {
  for (;;) {
    try {
      const place = await placeOf(log, fromByte);
      return "bytes" in place ? place : await pieceOf(place, fromByte, ended, maxBytes);
    } catch (error) {
      if (!isGone(error)) throw error;
      // Nothing was written yet; or the part that was found has been dropped since, so that the next look finds another.
      if (await stat(log).catch(() => null)) continue;
      return { bytes: Buffer.alloc(0), nextOffset: fromByte, eof: ended };
    }
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
