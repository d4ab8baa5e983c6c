import fs from "node:fs";
import path from "node:path";
import { decode, HEADER_BYTES, segmentFile, segmentsIn } from "./spool-format";

const READ_BYTES = 1024 * 1024;

interface Position {
  segment: number;
  offset: number;
}

interface Found {
  records: unknown[];
  offset: number;
  /** Nothing whole is left in the segment now. */
  ended: boolean;
}

/** The far end of the spool: hands records on in order, at least once, and removes segments that were delivered. */
export class SpoolReader {
  private position: Position;

  constructor(private readonly folder: string) {
    this.position = this.readPosition() ?? { segment: segmentsIn(folder)[0] ?? 1, offset: 0 };
  }

  /** When the oldest record that waits was made; undefined when none waits, or it does not say. */
  oldestAtMs(): number | undefined {
    this.position = this.readPosition() ?? this.position;
    const [record] = this.read(1).records;
    if (record === null || typeof record !== "object" || !("atMs" in record)) return undefined;
    return typeof record.atMs === "number" ? record.atMs : undefined;
  }

  private readonly positionFile = () => path.join(this.folder, "position.json");

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

  /** Reads up to `limit` whole records from the present position. */
  private read(limit: number): { records: unknown[]; next: Position } {
    const records: unknown[] = [];
    // Asked before the segments are read: one that is not the newest now gets no more records.
    const newest = segmentsIn(this.folder).at(-1) ?? 0;
    let { segment, offset } = this.position;
    while (records.length < limit) {
      const found = this.readSegment(segment, offset, limit - records.length);
      records.push(...found.records);
      offset = found.offset;
      if (!found.ended || segment >= newest) break;
      segment += 1;
      offset = 0;
    }
    return { records, next: { segment, offset } };
  }

  private readSegment(segment: number, from: number, limit: number): Found {
    const records: unknown[] = [];
    let fd: number;
    try {
      fd = fs.openSync(segmentFile(this.folder, segment), "r");
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
  async drain(deliver: (records: unknown[]) => Promise<void>, limit: number): Promise<number> {
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

  /** The newest segment is the writer's. */
  private clean() {
    for (const segment of segmentsIn(this.folder).slice(0, -1)) {
      if (segment < this.position.segment) fs.rmSync(segmentFile(this.folder, segment), { force: true });
    }
  }
}
