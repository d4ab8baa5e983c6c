import { crc32, inflateRawSync } from "node:zlib";

export class ZipError extends Error {}

export interface ZipEntry {
  name: string;
  bytes: Uint8Array;
}

export interface ZipLimits {
  maxEntries: number;
  /** Unpacked size of all entries together. */
  maxUnpackedBytes: number;
}

interface Listed {
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
const ENCRYPTED = 0x2041;
const HAS_DESCRIPTOR = 0x0008;

export const looksLikeZip = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && [LOCAL, END].includes(Buffer.from(bytes.subarray(0, 4)).readUInt32LE(0));

/** Offset of an end-of-archive record whose comment ends exactly with the file, as archive readers look for it. */
export function findZipEnd(tail: Uint8Array): number | undefined {
  const view = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = view.length - 22; at >= 0 && at >= view.length - 22 - 0xffff; at -= 1) {
    if (view.readUInt32LE(at) === END && at + 22 + view.readUInt16LE(at + 20) === view.length) return at;
  }
  return undefined;
}

/**
 * Unpacks an archive strictly: local and central records agree, entries neither overlap nor leave room between them,
 * checksums hold, sizes are bounded. Encrypted, multi-part and zip64 archives are refused.
 * @throws ZipError naming what is wrong
 */
export function readZip(bytes: Uint8Array, limits: ZipLimits): ZipEntry[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { entries, centralOffset } = readDirectory(view, limits);
  let unpacked = 0;
  for (const entry of entries) {
    unpacked += entry.unpacked;
    if (unpacked > limits.maxUnpackedBytes)
      throw new ZipError(`it unpacks to more than ${limits.maxUnpackedBytes} bytes`);
  }
  const result: ZipEntry[] = [];
  let at = 0;
  for (const entry of entries.toSorted((a, b) => a.offset - b.offset)) {
    const gap = entry.offset - at;
    if (gap < 0) throw new ZipError("entries overlap");
    if (gap > 0) throw new ZipError("there is data between or before the entries");
    const start = checkLocal(view, entry);
    const end = start + entry.packed;
    if (end > centralOffset) throw new ZipError("an entry reaches into the directory");
    result.push({ name: entry.name, bytes: unpack(view.subarray(start, end), entry) });
    at = end + descriptorLength(view, end, entry);
  }
  if (at !== centralOffset) throw new ZipError("there is data before the directory");
  return result;
}

function readDirectory(view: Buffer, limits: ZipLimits): { entries: Listed[]; centralOffset: number } {
  const end = findZipEnd(view);
  if (end === undefined) throw new ZipError("the end of the archive is missing");
  const count = view.readUInt16LE(end + 10);
  const size = view.readUInt32LE(end + 12);
  const offset = view.readUInt32LE(end + 16);
  if (
    view.readUInt16LE(end + 4) !== 0 ||
    view.readUInt16LE(end + 6) !== 0 ||
    view.readUInt16LE(end + 8) !== count
  ) {
    throw new ZipError("it is one part of several");
  }
  if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff)
    throw new ZipError("zip64 is not supported");
  if (offset + size !== end) throw new ZipError("the directory is not where it should be");
  if (count > limits.maxEntries) throw new ZipError(`it has more than ${limits.maxEntries} entries`);
  const entries: Listed[] = [];
  let at = offset;
  for (let left = count; left > 0; left -= 1) {
    if (at + 46 > end || view.readUInt32LE(at) !== CENTRAL) throw new ZipError("the directory is malformed");
    const lengths = [
      view.readUInt16LE(at + 28),
      view.readUInt16LE(at + 30),
      view.readUInt16LE(at + 32),
    ] as const;
    const next = at + 46 + lengths[0] + lengths[1] + lengths[2];
    if (next > end) throw new ZipError("the directory is malformed");
    entries.push({
      name: entryName(view.subarray(at + 46, at + 46 + lengths[0])),
      flags: view.readUInt16LE(at + 8),
      method: view.readUInt16LE(at + 10),
      crc: view.readUInt32LE(at + 16),
      packed: view.readUInt32LE(at + 20),
      unpacked: view.readUInt32LE(at + 24),
      offset: view.readUInt32LE(at + 42),
    });
    at = next;
  }
  if (at !== end) throw new ZipError("the directory is malformed");
  if (new Set(entries.map((entry) => entry.name)).size !== entries.length)
    throw new ZipError("a name appears twice");
  return { entries, centralOffset: offset };
}

function entryName(bytes: Buffer): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ZipError("a name is not UTF-8");
  }
  const bad =
    name === "" || /[\p{Cc}\\]/u.test(name) || /^([A-Za-z]:|\/)/.test(name) || name.split("/").includes("..");
  if (bad) throw new ZipError(`the name ${JSON.stringify(name.slice(0, 80))} leaves the archive`);
  return name;
}

/** Start of the entry's data, after its local record is found equal to the directory's. */
function checkLocal(view: Buffer, entry: Listed): number {
  const at = entry.offset;
  if ((entry.flags & ENCRYPTED) !== 0) throw new ZipError("an entry is encrypted");
  if (at + 30 > view.length || view.readUInt32LE(at) !== LOCAL)
    throw new ZipError("an entry has no local record");
  const nameLength = view.readUInt16LE(at + 26);
  const start = at + 30 + nameLength + view.readUInt16LE(at + 28);
  const deferred = (entry.flags & HAS_DESCRIPTOR) !== 0;
  const same = (offset: number, value: number) =>
    view.readUInt32LE(at + offset) === value || (deferred && view.readUInt32LE(at + offset) === 0);
  if (
    start > view.length ||
    entryName(view.subarray(at + 30, at + 30 + nameLength)) !== entry.name ||
    view.readUInt16LE(at + 6) !== entry.flags ||
    view.readUInt16LE(at + 8) !== entry.method ||
    !same(14, entry.crc) ||
    !same(18, entry.packed) ||
    !same(22, entry.unpacked)
  ) {
    throw new ZipError(`the two records of ${JSON.stringify(entry.name)} differ`);
  }
  return start;
}

function descriptorLength(view: Buffer, at: number, { flags }: Listed): number {
  if ((flags & HAS_DESCRIPTOR) === 0) return 0;
  return at + 4 <= view.length && view.readUInt32LE(at) === 0x08074b50 ? 16 : 12;
}

function unpack(packed: Buffer, entry: Listed): Uint8Array {
  const bytes = entry.method === 0 ? packed : entry.method === 8 ? inflate(packed, entry) : undefined;
  if (bytes === undefined) throw new ZipError(`compression method ${entry.method} is not supported`);
  if (bytes.length !== entry.unpacked)
    throw new ZipError(`the size of ${JSON.stringify(entry.name)} is wrong`);
  if (crc32(bytes) !== entry.crc)
    throw new ZipError(`the checksum of ${JSON.stringify(entry.name)} is wrong`);
  return bytes;
}

function inflate(packed: Buffer, entry: Listed): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.unpacked) });
  } catch {
    throw new ZipError(`${JSON.stringify(entry.name)} cannot be unpacked`);
  }
}
