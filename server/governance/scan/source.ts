import fs from "node:fs/promises";

/** Random access to the bytes of one file, so that a large file's header can be judged without reading the rest. */
export interface FileSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws when the file is shorter. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export function bytesSource(bytes: Uint8Array): FileSource {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      if (offset < 0 || offset + length > bytes.length) throw new RangeError("read past the end of the file");
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** Opens a file on disk for the time of `use`. */
export async function withFileSource<T>(path: string, use: (source: FileSource) => Promise<T>): Promise<T> {
  const handle = await fs.open(path, "r");
  try {
    const { size } = await handle.stat();
    return await use({ size, read: (offset, length) => readFully(handle, offset, length) });
  } finally {
    await handle.close();
  }
}

/** One read returns at most about 2 GiB and may return less than was asked for. */
async function readFully(handle: fs.FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(buffer, done, Math.min(length - done, 1 << 30), offset + done);
    if (bytesRead === 0) throw new RangeError("read past the end of the file");
    done += bytesRead;
  }
  return buffer;
}
