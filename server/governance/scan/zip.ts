import { crc32, inflateRawSync } from "node:zlib";
import { Unpacked } from "./compressed";
import type { UnpackBudget } from "./unpack-budget";
import { bytesSource, sliceSource, type FileSource } from "./source";
import { isDescriptor, type Listed, readDirectory, readLocal, ZipError } from "./zip-directory";

export interface ZipEntry {
  name: string;
  /** Undefined when it is compressed in a way that is not opened here. */
  content: FileSource | undefined;
}

export interface ZipLimits {
  maxEntries: number;
  /** Unpacked size of all entries together. */
  budget: UnpackBudget;
}

const ENCRYPTED = 0x2041;
const CHUNK_BYTES = 8 * 1024 * 1024;
const MAX_INFLATED_BYTES = 1024 * 1024 * 1024;

/**
 * Opens an archive strictly: local and central records agree, entries neither overlap nor leave room between them,
 * checksums hold, sizes are bounded. Encrypted and multi-part archives are refused.
 * @throws ZipError naming what is wrong
 */
export function* readZip(source: FileSource, limits: ZipLimits): Generator<ZipEntry> {
  const { entries, offset: directory } = readDirectory(source, limits.maxEntries);
  const unpacked = entries.reduce((sum, entry) => sum + entry.unpacked, 0);
  if (!limits.budget.take(unpacked))
    throw new ZipError(
      `it unpacks to more than the ${limits.budget.left} bytes that are left of ${limits.budget.total}`,
    );
  const sorted = entries.toSorted((a, b) => a.offset - b.offset);
  const opened = sorted.map((entry, place) => ({
    entry,
    start: dataStart(sorted, place, source, directory),
  }));
  for (const { entry, start } of opened) {
    const packed = sliceSource(source, start, start + entry.packed);
    yield { name: entry.name, content: unpack(packed, entry) };
  }
}

/** Where an entry's data begins, once it is clear that nothing lies between it and its neighbours. */
function dataStart(sorted: readonly Listed[], place: number, source: FileSource, directory: number): number {
  const [entry, next] = [sorted[place], sorted[place + 1]];
  if (entry === undefined) throw new ZipError("an entry is missing");
  if (place === 0 && entry.offset !== 0) throw new ZipError("there is data before the entries");
  if ((entry.flags & ENCRYPTED) !== 0) throw new ZipError("an entry is encrypted");
  const { start, deferred } = readLocal(source, entry);
  const end = start + entry.packed;
  const due = next?.offset ?? directory;
  if (end > due)
    throw new ZipError(next === undefined ? "an entry reaches into the directory" : "entries overlap");
  const gap = due - end;
  const fits = deferred
    ? [12, 16, 20, 24].includes(gap) && isDescriptor(source.read(end, gap), entry)
    : gap === 0;
  if (!fits) throw new ZipError("there is data between the entries");
  return start;
}

function unpack(packed: FileSource, entry: Listed): FileSource | undefined {
  if (entry.method !== 0 && entry.method !== 8) return undefined;
  const content = entry.method === 0 ? packed : inflate(packed, entry);
  if (content.size !== entry.unpacked)
    throw new ZipError(`the size of ${JSON.stringify(entry.name)} is wrong`);
  if (checksum(content) !== entry.crc)
    throw new ZipError(`the checksum of ${JSON.stringify(entry.name)} is wrong`);
  return content;
}

function checksum(content: FileSource): number {
  let sum = 0;
  for (let at = 0; at < content.size; at += CHUNK_BYTES)
    sum = crc32(content.read(at, Math.min(CHUNK_BYTES, content.size - at)), sum);
  return sum;
}

function inflate(packed: FileSource, entry: Listed): FileSource {
  if (entry.unpacked > MAX_INFLATED_BYTES)
    throw new ZipError(`${JSON.stringify(entry.name)} is too large to unpack`);
  let unpacked: Unpacked;
  try {
    const options = { maxOutputLength: Math.max(1, entry.unpacked), info: true };
    unpacked = Unpacked.parse(inflateRawSync(packed.read(0, packed.size), options));
  } catch {
    throw new ZipError(`${JSON.stringify(entry.name)} cannot be unpacked`);
  }
  if (unpacked.engine.bytesWritten !== packed.size)
    throw new ZipError(`data follows the content of ${JSON.stringify(entry.name)}`);
  return bytesSource(unpacked.buffer);
}
