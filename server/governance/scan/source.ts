import fs from "node:fs";

/**
 * Random access to the bytes of one file, so that a large file is judged without holding it. Reads at once: the scanner has a process
 * of its own and nothing else to do.
 */
export interface FileSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws RangeError when the file is shorter. */
  read(offset: number, length: number): Buffer;
}

export function bytesSource(bytes: Uint8Array): FileSource {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: buffer.length,
    read: (offset, length) => {
      if (offset < 0 || length < 0 || offset + length > buffer.length) throw pastEnd();
      return buffer.subarray(offset, offset + length);
    },
  };
}

/** A part of a file as a file of its own. */
export function sliceSource(source: FileSource, start: number, end = source.size): FileSource {
  const size = Math.max(0, Math.min(end, source.size) - start);
  return {
    size,
    read: (offset, length) => {
      if (offset < 0 || length < 0 || offset + length > size) throw pastEnd();
      return source.read(start + offset, length);
    },
  };
}

/** Opens a file on disk for the time of `use`. */
export async function withFileSource<T>(path: string, use: (source: FileSource) => Promise<T>): Promise<T> {
  const file = fs.openSync(path, "r");
  try {
    return await use({
      size: fs.fstatSync(file).size,
      read: (offset, length) => readFully(file, offset, length),
    });
  } finally {
    fs.closeSync(file);
  }
}

/** One read returns at most about 2 GiB and may return less than was asked for. */
function readFully(file: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const read = fs.readSync(file, buffer, done, Math.min(length - done, 1 << 30), offset + done);
    if (read === 0) throw pastEnd();
    done += read;
  }
  return buffer;
}

const pastEnd = () => new RangeError("read past the end of the file");
