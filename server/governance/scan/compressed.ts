import { gunzipSync, inflateSync } from "node:zlib";
import { z } from "zod";
import type { FileSource } from "./source";
import type { UnpackBudget } from "./unpack-budget";

export type Compressed =
  | { kind: "opened"; bytes: Buffer }
  | { kind: "closed"; method: string }
  | { kind: "broken"; why: string };

const CLOSED: readonly (readonly [string, Buffer])[] = [
  ["bzip2", Buffer.from("BZh")],
  ["xz", Buffer.from("fd377a585a00", "hex")],
  ["lzma", Buffer.from("5d0000", "hex")],
  ["lz4", Buffer.from("04224d18", "hex")],
  ["zstandard", Buffer.from("28b52ffd", "hex")],
  ["7z", Buffer.from("377abcaf271c", "hex")],
  ["rar", Buffer.from("526172211a07", "hex")],
];

/** How zlib answers when it is asked for `info`. */
export const Unpacked = z.object({
  buffer: z.instanceof(Buffer),
  engine: z.custom<{ bytesWritten: number }>(
    (engine) =>
      typeof engine === "object" &&
      engine !== null &&
      "bytesWritten" in engine &&
      typeof engine.bytesWritten === "number",
  ),
});
export type Unpacked = z.infer<typeof Unpacked>;

/**
 * The content of a compressed file, unpacked to at most what is left; undefined when it is none. joblib looks at the first bytes as well,
 * whatever the file is called. zlib and gzip are opened, of others the name is told.
 */
export function openCompressed(source: FileSource, budget: UnpackBudget): Compressed | undefined {
  if (source.size < 6) return undefined;
  const head = source.read(0, 6);
  const closed = CLOSED.find(([, magic]) => head.subarray(0, magic.length).equals(magic));
  if (closed !== undefined) return { kind: "closed", method: closed[0] };
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZlib = head[0] === 0x78 && head.readUInt16BE(0) % 31 === 0;
  if (!isGzip && !isZlib) return undefined;
  try {
    const open = isGzip ? gunzipSync : inflateSync;
    const unpacked: unknown = open(source.read(0, source.size), {
      maxOutputLength: Math.max(1, budget.left),
      info: true,
    });
    const { buffer, engine } = Unpacked.parse(unpacked);
    // A reader may go on with what follows as another compressed stream.
    if (engine.bytesWritten !== source.size) return { kind: "broken", why: "data follows its end" };
    if (!budget.take(buffer.length)) return { kind: "broken", why: tooMuch(budget) };
    return { kind: "opened", bytes: buffer };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return { kind: "broken", why: tooMuch(budget) };
    return { kind: "broken", why: "it cannot be unpacked to its end" };
  }
}

const tooMuch = ({ left, total }: UnpackBudget): string =>
  `it unpacks to more than the ${left} bytes that are left of ${total}`;
