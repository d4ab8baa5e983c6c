import fs from "node:fs";
import path from "node:path";
import { crc32 } from "node:zlib";
import { log } from "@/server/core/log";

const HEADER_BYTES = 8;
const SEGMENT_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;
const SYNC_MS = 50;

export interface SpoolOptions {
  folder: string;
  /** Beyond this the newest records are counted as dropped; a prediction is never refused for its record. */
  maxBytes?: number;
}

interface Position {
  segment: number;
  offset: number;
}

/**
 * A bounded log on disk between the answer to a request and the database. `append` hands the record to the kernel before the answer is
 * sent, so it outlives a kill -9 of this process; it is flushed to the disk every 50 ms. Records are delivered in order, at least once.
 * Layout: segments of `u32 length, u32 crc32, bytes`; a torn tail ends its segment.
 */
export class Spool {
  private fd = -1;
  private segment = 0;
  private written = 0;
  private totalBytes = 0;
  private dirty = false;
  private readonly syncTimer: NodeJS.Timeout;
  private readonly maxBytes: number;
  private position: Position;
  appended = 0;
  dropped = 0;

  constructor(private readonly options: SpoolOptions) {
    this.maxBytes = options.maxBytes ?? 1024 ** 3;
    fs.mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const segments = this.segments();
    this.totalBytes = segments.reduce((sum, id) => sum + fs.statSync(this.file(id)).size, 0);
    this.position = this.readPosition() ?? { segment: segments[0] ?? 1, offset: 0 };
    this.open(Math.max(segments.at(-1) ?? 0, this.position.segment - 1) + 1);
    this.syncTimer = setInterval(() => this.sync(), SYNC_MS);
    this.syncTimer.unref();
  }

  private readonly file = (segment: number) =>
    path.join(this.options.folder, `${String(segment).padStart(12, "0")}.log`);
  private readonly positionFile = () => path.join(this.options.folder, "position.json");

  private segments(): number[] {
    return fs
      .readdirSync(this.options.folder)
      .flatMap((name) => (/^\d{12}\.log$/.test(name) ? [Number(name.slice(0, 12))] : []))
      .toSorted((a, b) => a - b);
  }

  private readPosition(): Position | undefined {
    try {
      const value: unknown = JSON.parse(fs.readFileSync(this.positionFile(), "utf8"));
      if (value && typeof value === "object" && "segment" in value && "offset" in value) {
        return { segment: Number(value.segment), offset: Number(value.offset) };
      }
    } catch {
      // No position yet, or one cut short: start at the first segment; what was delivered is recognised by its id.
    }
    return undefined;
  }

  private open(segment: number) {
    if (this.fd >= 0) {
      this.sync();
      fs.closeSync(this.fd);
    }
    this.segment = segment;
    this.written = 0;
    this.fd = fs.openSync(this.file(segment), "a", 0o600);
  }

  private sync() {
    if (!this.dirty || this.fd < 0) return;
    this.dirty = false;
    fs.fdatasync(this.fd, (error) => {
      if (error && error.code !== "EBADF") log.warn({ err: error }, "prediction spool could not be flushed");
    });
  }

  /** Bytes that wait to be delivered (or are not yet cleaned up). */
  get backlogBytes(): number {
    return this.totalBytes;
  }

  /** Takes a record; false when the spool is full or the disk refuses, and the record is counted as dropped. */
  append(record: unknown): boolean {
    const body = Buffer.from(JSON.stringify(record), "utf8");
    if (this.totalBytes + body.length + HEADER_BYTES > this.maxBytes) {
      this.dropped += 1;
      return false;
    }
    const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    frame.writeUInt32LE(body.length, 0);
    frame.writeUInt32LE(crc32(body) >>> 0, 4);
    body.copy(frame, HEADER_BYTES);
    try {
      fs.writeSync(this.fd, frame);
    } catch (error) {
      this.dropped += 1;
      log.error({ err: error }, "prediction spool could not be written");
      return false;
    }
    this.appended += 1;
    this.dirty = true;
    this.written += frame.length;
    this.totalBytes += frame.length;
    if (this.written >= SEGMENT_BYTES) this.open(this.segment + 1);
    return true;
  }

  /** Reads up to `limit` whole records from the present position. */
  private read(limit: number): { records: unknown[]; next: Position } {
    const records: unknown[] = [];
    let { segment, offset } = this.position;
    while (records.length < limit) {
      const found = this.readSegment(segment, offset, limit - records.length);
      records.push(...found.records);
      offset = found.offset;
      if (!found.ended || segment >= this.segment) break;
      segment += 1;
      offset = 0;
    }
    return { records, next: { segment, offset } };
  }

  private readSegment(
    segment: number,
    from: number,
    limit: number,
  ): { records: unknown[]; offset: number; ended: boolean } {
    const records: unknown[] = [];
    let fd: number;
    try {
      fd = fs.openSync(this.file(segment), "r");
    } catch {
      return { records, offset: 0, ended: true };
    }
    let offset = from;
    try {
      const size = fs.fstatSync(fd).size;
      while (records.length < limit) {
        const chunk = Buffer.alloc(Math.min(READ_BYTES, Math.max(0, size - offset)));
        fs.readSync(fd, chunk, 0, chunk.length, offset);
        const used = decode(chunk, records, limit);
        offset += used;
        if (used === 0) {
          const needed = chunk.length >= HEADER_BYTES ? chunk.readUInt32LE(0) + HEADER_BYTES : HEADER_BYTES;
          if (needed > READ_BYTES && offset + needed <= size) {
            const large = Buffer.alloc(needed);
            fs.readSync(fd, large, 0, needed, offset);
            const taken = decode(large, records, limit);
            offset += taken;
            if (taken > 0) continue;
          }
          return { records, offset, ended: true };
        }
      }
      return { records, offset, ended: offset >= size };
    } finally {
      fs.closeSync(fd);
    }
  }

  /**
   * Hands the next records to `deliver` and, when it has succeeded, moves on. Returns how many there were.
   * A failure of `deliver` passes through; the same records come again.
   */
  async drain(deliver: (records: unknown[]) => Promise<void>, limit = 500): Promise<number> {
    const { records, next } = this.read(limit);
    if (records.length > 0) await deliver(records);
    if (next.segment !== this.position.segment || next.offset !== this.position.offset) {
      const temporary = `${this.positionFile()}.tmp`;
      fs.writeFileSync(temporary, JSON.stringify(next), { mode: 0o600 });
      fs.renameSync(temporary, this.positionFile());
      this.position = next;
      this.clean();
    }
    return records.length;
  }

  private clean() {
    for (const id of this.segments()) {
      if (id >= this.position.segment || id >= this.segment) continue;
      const size = fs.statSync(this.file(id)).size;
      fs.rmSync(this.file(id));
      this.totalBytes -= size;
    }
  }

  close() {
    clearInterval(this.syncTimer);
    if (this.fd >= 0) {
      fs.fdatasyncSync(this.fd);
      fs.closeSync(this.fd);
    }
    this.fd = -1;
  }
}

/** Appends whole, intact records of `chunk` to `into`; returns the bytes they took. */
function decode(chunk: Buffer, into: unknown[], limit: number): number {
  let at = 0;
  while (into.length < limit && at + HEADER_BYTES <= chunk.length) {
    const length = chunk.readUInt32LE(at);
    const end = at + HEADER_BYTES + length;
    if (length === 0 || end > chunk.length) break;
    const body = chunk.subarray(at + HEADER_BYTES, end);
    if (crc32(body) >>> 0 !== chunk.readUInt32LE(at + 4)) break;
    into.push(JSON.parse(body.toString("utf8")));
    at = end;
  }
  return at;
}
