import type { FileSource } from "./source";
import { firstCharacters } from "@/server/core/characters";

export class ZipError extends Error {}

/** One entry as the directory at the end lists it. */
export interface Listed {
  name: string;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  unpacked: number;
  offset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const END_BYTES = 22;
const END64_BYTES = 56;
const LOCATOR64_BYTES = 20;
const LARGE = 0xffffffff;
/** Names an entry anew; readers differ in whether they believe it. */
const UNICODE_PATH = 0x7075;
const SIZES_64 = 0x0001;

export const looksLikeZip = (source: FileSource): boolean =>
  source.size >= 4 && [LOCAL, END].includes(source.read(0, 4).readUInt32LE(0));

/** The last bytes of a file, where archive readers look for the end record. */
const tailOf = (source: FileSource): Buffer => {
  const length = Math.min(source.size, END_BYTES + 0xffff);
  return source.read(source.size - length, length);
};

/**
 * Whether a file that is something else is an archive as well: readers search the end of a file backwards for an end record and find the
 * directory before it, whatever stands in front and behind.
 */
export function hidesArchive(source: FileSource): boolean {
  const tail = tailOf(source);
  const mark = Buffer.from("PK\x05\x06");
  for (let at = tail.lastIndexOf(mark); at >= 0; at = at === 0 ? -1 : tail.lastIndexOf(mark, at - 1)) {
    if (at + END_BYTES > tail.length) continue;
    const end = source.size - tail.length + at;
    const directory = end - tail.readUInt32LE(at + 12);
    const isDirectory = (place: number) =>
      place >= 0 && place + 4 <= end && source.read(place, 4).readUInt32LE(0) === CENTRAL;
    if (isDirectory(directory) || isDirectory(tail.readUInt32LE(at + 16))) return true;
    if (end >= LOCATOR64_BYTES && source.read(end - LOCATOR64_BYTES, 4).readUInt32LE(0) === LOCATOR64)
      return true;
  }
  return false;
}

/**
 * The directory, refused unless each reader finds the same one: a single end record at the very end, everything in its place.
 * @throws ZipError
 */
export function readDirectory(source: FileSource, maxEntries: number): { entries: Listed[]; offset: number } {
  const { count, size, offset, end } = findDirectory(source);
  if (offset + size !== end) throw new ZipError("the directory is not where it should be");
  if (count > maxEntries) throw new ZipError(`it has more than ${maxEntries} entries`);
  if (size > 0x10000000) throw new ZipError("the directory is too large");
  const view = source.read(offset, size);
  const entries: Listed[] = [];
  let at = 0;
  for (let left = count; left > 0; left -= 1) {
    if (at + 46 > view.length || view.readUInt32LE(at) !== CENTRAL)
      throw new ZipError("the directory is malformed");
    const [nameEnd, extraEnd] = [at + 46 + view.readUInt16LE(at + 28), view.readUInt16LE(at + 30)];
    const next = nameEnd + extraEnd + view.readUInt16LE(at + 32);
    if (next > view.length) throw new ZipError("the directory is malformed");
    const sizes = [24, 20, 42].map((place) => view.readUInt32LE(at + place));
    const [unpacked = 0, packed = 0, place = 0] = withExtra(
      view.subarray(nameEnd, nameEnd + extraEnd),
      sizes,
    );
    entries.push({
      name: entryName(view.subarray(at + 46, nameEnd)),
      flags: view.readUInt16LE(at + 8),
      method: view.readUInt16LE(at + 10),
      crc: view.readUInt32LE(at + 16),
      packed,
      unpacked,
      offset: place,
    });
    at = next;
  }
  if (at !== view.length) throw new ZipError("the directory is malformed");
  if (new Set(entries.map((entry) => entry.name)).size !== entries.length)
    throw new ZipError("a name appears twice");
  return { entries, offset };
}

function findDirectory(source: FileSource): { count: number; size: number; offset: number; end: number } {
  const tail = tailOf(source);
  const at = tail.lastIndexOf(Buffer.from("PK\x05\x06"));
  if (at < 0 || at + END_BYTES > tail.length) throw new ZipError("the end of the archive is missing");
  if (at + END_BYTES + tail.readUInt16LE(at + 20) !== tail.length)
    throw new ZipError("data follows the end of the archive");
  const end = source.size - tail.length + at;
  const [disk, start, here, count] = [4, 6, 8, 10].map((place) => tail.readUInt16LE(at + place));
  const [size, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (disk !== 0 || start !== 0 || here !== count || count === undefined)
    throw new ZipError("it is one part of several");
  const large = readEnd64(source, end);
  if (large === undefined) {
    if (count === 0xffff || size === LARGE || offset === LARGE)
      throw new ZipError("the end record of a large archive is missing");
    return { count, size, offset, end };
  }
  const agrees =
    [large.count, 0xffff].includes(count) &&
    [large.size, LARGE].includes(size) &&
    [large.offset, LARGE].includes(offset);
  if (!agrees) throw new ZipError("its two end records differ");
  return large;
}

/** The end record of an archive with large numbers; some readers go by the locator, others look right before it. */
function readEnd64(source: FileSource, end: number) {
  if (end < LOCATOR64_BYTES + END64_BYTES) return undefined;
  const locator = source.read(end - LOCATOR64_BYTES, LOCATOR64_BYTES);
  if (locator.readUInt32LE(0) !== LOCATOR64) return undefined;
  const at = end - LOCATOR64_BYTES - END64_BYTES;
  const record = source.read(at, END64_BYTES);
  const count = large(record, 32);
  if (
    large(locator, 8) !== at ||
    locator.readUInt32LE(4) !== 0 ||
    record.readUInt32LE(0) !== END64 ||
    large(record, 4) !== END64_BYTES - 12 ||
    record.readUInt32LE(16) !== 0 ||
    record.readUInt32LE(20) !== 0 ||
    large(record, 24) !== count
  ) {
    throw new ZipError("the end record of a large archive is malformed");
  }
  return { count, size: large(record, 40), offset: large(record, 48), end: at };
}

function large(view: Buffer, at: number): number {
  const value = Number(view.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw new ZipError("a size is larger than any file");
  return value;
}

/** The sizes with those that stand in an extra field, in the order of the format, for each that has no room of its own. */
function withExtra(extra: Buffer, sizes: readonly number[]): number[] {
  let found: Buffer | undefined;
  let at = 0;
  while (at + 4 <= extra.length) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    if (at + 4 + length > extra.length) throw new ZipError("an extra field is cut off");
    if (id === UNICODE_PATH) throw new ZipError("an entry has two names");
    if (id === SIZES_64) {
      if (found !== undefined) throw new ZipError("an entry has its sizes twice");
      found = extra.subarray(at + 4, at + 4 + length);
    }
    at += 4 + length;
  }
  let used = 0;
  return sizes.map((size) => {
    if (size !== LARGE) return size;
    if (found === undefined || used + 8 > found.length) throw new ZipError("a size is missing");
    used += 8;
    return large(found, used - 8);
  });
}

function entryName(bytes: Buffer): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ZipError("a name is not UTF-8");
  }
  const bad =
    name === "" || /[\p{Cc}\\]/u.test(name) || /^([A-Za-z]:|\/)/.test(name) || name.split("/").includes("..");
  if (bad) throw new ZipError(`the name ${JSON.stringify(firstCharacters(name, 80))} leaves the archive`);
  return name;
}

/** The entry as its own record says it. `undefined` sizes come behind the data. */
export function readLocal(source: FileSource, entry: Listed): { start: number; deferred: boolean } {
  const at = entry.offset;
  if (at + 30 > source.size) throw new ZipError("an entry has no local record");
  const head = source.read(at, 30);
  if (head.readUInt32LE(0) !== LOCAL) throw new ZipError("an entry has no local record");
  const nameEnd = at + 30 + head.readUInt16LE(26);
  const start = nameEnd + head.readUInt16LE(28);
  if (start > source.size) throw new ZipError("an entry has no local record");
  const name = entryName(source.read(at + 30, nameEnd - at - 30));
  const deferred = (entry.flags & 0x0008) !== 0;
  const [unpacked, packed] = withExtra(source.read(nameEnd, start - nameEnd), [
    head.readUInt32LE(22),
    head.readUInt32LE(18),
  ]);
  const same = (found: number | undefined, listed: number) => found === listed || (deferred && found === 0);
  if (
    name !== entry.name ||
    head.readUInt16LE(6) !== entry.flags ||
    head.readUInt16LE(8) !== entry.method ||
    !same(head.readUInt32LE(14), entry.crc) ||
    !same(packed, entry.packed) ||
    !same(unpacked, entry.unpacked)
  ) {
    throw new ZipError(`the two records of ${JSON.stringify(entry.name)} differ`);
  }
  return { start, deferred };
}

/** Whether these bytes behind an entry are its checksum and sizes, in one of the four forms in use. */
export function isDescriptor(bytes: Buffer, { crc, packed, unpacked }: Listed): boolean {
  const marked = bytes.length % 8 === 0 && bytes.length >= 16 && bytes.readUInt32LE(0) === 0x08074b50;
  const body = marked ? bytes.subarray(4) : bytes;
  if (body.length === 12)
    return (
      body.readUInt32LE(0) === crc && body.readUInt32LE(4) === packed && body.readUInt32LE(8) === unpacked
    );
  return (
    body.length === 20 &&
    body.readUInt32LE(0) === crc &&
    Number(body.readBigUInt64LE(4)) === packed &&
    Number(body.readBigUInt64LE(12)) === unpacked
  );
}
