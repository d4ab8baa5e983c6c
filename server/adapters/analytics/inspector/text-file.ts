import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TableRefused } from "../port";
import { scanCsv, type CsvShape } from "./csv-scan";
import { firstBytes } from "./sniff";

export interface TextTable {
  /** The file as UTF-8: itself, or a copy in the scratch folder. */
  file: string;
  shape: CsvShape;
  /** As Python calls it. */
  encoding: "utf-8" | "utf-16" | "cp1252";
  remarks: string[];
}

/** Bytes that Windows-1252 leaves undefined. */
const UNDEFINED = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);

async function* decoded(file: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    if (encoding === "windows-1252" && chunk.some((byte) => UNDEFINED.has(byte)))
      throw new RangeError("a byte that Windows-1252 does not define");
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** Writes a copy in UTF-8; undefined where the bytes are not of that encoding. */
async function converted(file: string, encoding: string, copy: string): Promise<string | undefined> {
  try {
    await pipeline(Readable.from(decoded(file, encoding)), createWriteStream(copy));
    return copy;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

const encodingOf = (head: Buffer) =>
  head[0] === 0xff && head[1] === 0xfe
    ? "utf-16le"
    : head[0] === 0xfe && head[1] === 0xff
      ? "utf-16be"
      : undefined;

/**
 * Scans a CSV file. UTF-16 is known by its mark; what is not UTF-8 is read as Windows-1252, of which Latin-1's letters are a part, and
 * said so. A copy in UTF-8 is written to `scratch`, called after `name`, where the file is in another encoding. @throws TableRefused
 */
export async function readText(file: string, scratch: string, name: string): Promise<TextTable> {
  const copy = path.join(scratch, `${name}.utf8.csv`);
  const wide = encodingOf(await firstBytes(file, 2));
  if (wide) {
    const utf8 = await converted(file, wide, copy);
    if (!utf8)
      throw new TableRefused({
        code: "not_utf16",
        message: "The file begins as UTF-16 text and is none.",
        hint: "Save it as UTF-8.",
      });
    const remarks = ["The file is UTF-16; it was read as such."];
    return { file: utf8, shape: await scanCsv(utf8), encoding: "utf-16", remarks };
  }
  try {
    return { file, shape: await scanCsv(file), encoding: "utf-8", remarks: [] };
  } catch (error) {
    if (!(error instanceof TableRefused) || error.failure.code !== "not_utf8") throw error;
    const narrow = await converted(file, "windows-1252", copy);
    if (!narrow) throw error;
    const { line, column } = error.failure;
    const where = line === undefined ? "" : ` (line ${line}, column ${column ?? 1})`;
    const remarks = [
      `The file is not UTF-8${where}; it was read as Windows-1252. Look at its letters with accents, and save it as UTF-8 if they are wrong.`,
    ];
    return { file: narrow, shape: await scanCsv(narrow), encoding: "cp1252", remarks };
  }
}
