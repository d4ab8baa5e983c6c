import fs from "node:fs";
import { log } from "@/server/core/log";
import { encode, segmentFile, segmentsIn } from "./spool-format";

const SEGMENT_BYTES = 8 * 1024 * 1024;
/** A write that meets a flush of its file waits for it, so flushes are few. */
const SYNC_MS = 200;
/** A full spool is measured again at most this often. */
const MEASURE_MS = 100;
/** Records are a few kB; a larger one is written without its values. */
const MAX_RECORD_BYTES = 512 * 1024;

export interface SpoolOptions {
  folder: string;
  /** Beyond this the newest records are counted as dropped; a prediction is never refused for its record. */
  maxBytes?: number;
  /** What is left of a record that is too large; what is still too large then is dropped. */
  reduce?: (record: object) => object;
}

/**
 * The near end of a bounded log on disk between the answer to a request and the database. `append` hands the record to the kernel before
 * the answer is sent, so it outlives a kill -9 of this process; it is flushed to the disk every 200 ms. The far end (`SpoolReader`) works in
 * another thread and shares nothing with this one but the folder.
 */
export class SpoolWriter {
  private fd = -1;
  private segment = 0;
  private written = 0;
  /** Never less than what is on disk: the reader only takes away. */
  private totalBytes = 0;
  private measuredAt = 0;
  private dirty = false;
  private soon: Buffer[] = [];
  private soonBytes = 0;
  private soonWritten: Promise<boolean> | undefined;
  private readonly syncTimer: NodeJS.Timeout;
  private readonly maxBytes: number;
  appended = 0;
  dropped = 0;

  constructor(private readonly options: SpoolOptions) {
    this.maxBytes = options.maxBytes ?? 1024 ** 3;
    fs.mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.open((segmentsIn(options.folder).at(-1) ?? 0) + 1);
    this.totalBytes = this.backlogBytes;
    this.syncTimer = setInterval(() => this.sync(), SYNC_MS);
    this.syncTimer.unref();
  }

  private open(segment: number) {
    // Before the other is closed: a disk that takes no new file leaves the old one to write to.
    const fd = fs.openSync(segmentFile(this.options.folder, segment), "a", 0o600);
    if (this.fd >= 0) {
      this.sync();
      fs.closeSync(this.fd);
    }
    this.segment = segment;
    this.written = 0;
    this.fd = fd;
  }

  private sync() {
    if (!this.dirty || this.fd < 0) return;
    this.dirty = false;
    fs.fdatasync(this.fd, (error) => {
      if (error && error.code !== "EBADF") log.warn({ err: error }, "prediction spool could not be flushed");
    });
  }

  /** Bytes on disk: what waits to be delivered or is not yet cleaned up. */
  get backlogBytes(): number {
    const { folder } = this.options;
    return segmentsIn(folder).reduce(
      (sum, segment) =>
        sum + (fs.statSync(segmentFile(folder, segment), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  private isFull(more: number): boolean {
    if (this.totalBytes + more <= this.maxBytes) return false;
    const now = Date.now();
    if (now - this.measuredAt >= MEASURE_MS) {
      this.measuredAt = now;
      this.totalBytes = this.backlogBytes;
    }
    return this.totalBytes + more > this.maxBytes;
  }

  /** Takes a record; false when the spool is full or the disk refuses, and the record is counted as dropped. */
  append(record: object): boolean {
    const frame = this.frameOf(record);
    const isTaken = frame === undefined || this.isFull(frame.length) ? false : this.writeAll(frame);
    this.count(isTaken, 1);
    return isTaken;
  }

  /**
   * The same for all records of one turn of the event loop, which share a write: a write costs more than what it writes. Resolves when the
   * kernel has them.
   */
  appendSoon(record: object): Promise<boolean> {
    const frame = this.frameOf(record);
    if (frame === undefined || this.isFull(this.soonBytes + frame.length)) {
      this.count(false, 1);
      return Promise.resolve(false);
    }
    this.soon.push(frame);
    this.soonBytes += frame.length;
    this.soonWritten ??= new Promise((resolve) => process.nextTick(() => resolve(this.writeSoon())));
    return this.soonWritten;
  }

  private writeSoon(): boolean {
    const frames = this.soon;
    this.soon = [];
    this.soonBytes = 0;
    this.soonWritten = undefined;
    const [first = Buffer.alloc(0)] = frames;
    const isTaken = this.writeAll(frames.length === 1 ? first : Buffer.concat(frames));
    this.count(isTaken, frames.length);
    return isTaken;
  }

  private count(isTaken: boolean, records: number): void {
    if (isTaken) this.appended += records;
    else this.dropped += records;
  }

  private writeAll(bytes: Buffer): boolean {
    try {
      if (this.written >= SEGMENT_BYTES) this.open(this.segment + 1);
      this.write(bytes);
    } catch (error) {
      log.error({ err: error }, "prediction spool could not be written");
      return false;
    }
    this.dirty = true;
    this.written += bytes.length;
    this.totalBytes += bytes.length;
    return true;
  }

  private frameOf(record: object): Buffer | undefined {
    const whole = encode(record);
    if (whole.length <= MAX_RECORD_BYTES) return whole;
    const reduced = this.options.reduce ? encode(this.options.reduce(record)) : whole;
    return reduced.length <= MAX_RECORD_BYTES ? reduced : undefined;
  }

  private write(frame: Buffer): void {
    const taken = fs.writeSync(this.fd, frame);
    if (taken === frame.length) return;
    // A full disk takes what still fits. Half a record would hide every later one of its segment from the reader.
    fs.ftruncateSync(this.fd, this.written);
    throw new Error(`The disk took ${taken} of ${frame.length} bytes.`);
  }

  close() {
    clearInterval(this.syncTimer);
    if (this.soon.length > 0) this.writeSoon();
    if (this.fd >= 0) {
      fs.fdatasyncSync(this.fd);
      fs.closeSync(this.fd);
    }
    this.fd = -1;
  }
}
