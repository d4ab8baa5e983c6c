import { crc32, deflateRawSync } from "node:zlib";

export interface ZipPart {
  name: string;
  data: Buffer;
  deflate?: boolean;
  /** Compressed content as it is, honest or not. */
  packed?: Buffer;
  localName?: string;
  flags?: number;
  localFlags?: number;
  crc?: number;
  extra?: Buffer;
}

/** An archive made by hand, so that its records can contradict each other. */
export function zipOf(parts: readonly ZipPart[], before = Buffer.alloc(0), gap = Buffer.alloc(0)): Buffer {
  const locals: Buffer[] = [before];
  const central: Buffer[] = [];
  let offset = before.length;
  for (const part of parts) {
    const { name, data, localName = name, flags = 0, extra = Buffer.alloc(0), crc = crc32(data) } = part;
    const packed = part.packed ?? (part.deflate === true ? deflateRawSync(data) : data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(part.deflate === true || part.packed !== undefined ? 8 : 0, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    const local = Buffer.concat([
      Buffer.from("PK\x03\x04"),
      common,
      Buffer.from(localName),
      extra,
      packed,
      gap,
    ]);
    local.writeUInt16LE(localName.length, 26);
    local.writeUInt16LE(extra.length, 28);
    local.writeUInt16LE(part.localFlags ?? flags, 6);
    const record = Buffer.concat([
      Buffer.from("PK\x01\x02\x14\x00", "latin1"),
      common,
      Buffer.alloc(14),
      Buffer.from(name),
      extra,
    ]);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt16LE(extra.length, 30);
    record.writeUInt32LE(offset, 42);
    locals.push(local);
    central.push(record);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.from("PK\x05\x06" + "\0".repeat(18), "latin1");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
