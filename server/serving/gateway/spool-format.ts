import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";

/** The spool on disk: numbered segments of `u32 length, u32 crc32, bytes`; a torn tail ends its segment. */

export const HEADER_BYTES = 8;

export const segmentFile = (folder: string, segment: number): string =>
  path.join(folder, `${String(segment).padStart(12, "0")}.log`);

/** The numbers of the segments there are, oldest first. */
export const segmentsIn = (folder: string): number[] =>
  fs
    .readdirSync(folder)
    .flatMap((name) => (/^\d{12}\.log$/.test(name) ? [Number(name.slice(0, 12))] : []))
    .toSorted((a, b) => a - b);

/** A record whose bytes arrived whole and are no JSON; handed on like any other, so that it hides none behind it. */
export class UnreadableRecord {
  constructor(readonly bytes: Buffer) {}
}

function readRecord(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return new UnreadableRecord(Buffer.from(bytes));
  }
}

export function encode(record: unknown): Buffer {
  const text = JSON.stringify(record);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(text));
  frame.write(text, HEADER_BYTES, "utf8");
  frame.writeUInt32LE(frame.length - HEADER_BYTES, 0);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES)) >>> 0, 4);
  return frame;
}

/** Appends whole, intact records of `chunk` to `into`; returns the bytes they took. */
export function decode(chunk: Buffer, into: unknown[], limit: number): number {
  let at = 0;
  while (into.length < limit && at + HEADER_BYTES <= chunk.length) {
    const length = chunk.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (length === 0 || end > chunk.length) break;
    const body = chunk.subarray(at + HEADER_BYTES, end);
    if (crc32(body) >>> 0 !== chunk.readUInt32LE(at + 4)) break;
    into.push(readRecord(body));
    at = end;
  }
  return at;
}
