import { createReadStream, createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { TableRefused } from "../port";
import { scanCsv, type CsvShape } from "./csv-scan";
import { offeredHeader, withoutPreamble } from "./preamble";
import { firstBytes } from "./sniff";

export interface TextTable {
  /** The file as UTF-8: itself, or a copy in the scratch folder. */
  file: string;
  /** The line of the uploaded file that names the columns, from 1. */
  headerLine: number;
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

/** Faults that a title or a note above the table makes. */
const OF_A_PREAMBLE = new Set([
  "too_few_values",
  "too_many_values",
  "blank_line",
  "stray_quote",
  "text_after_quote",
]);

/** Scans UTF-8; a refusal says where the table may begin instead. @throws TableRefused */
async function scanned(file: string, headerLine: number): Promise<CsvShape> {
  try {
    return await scanCsv(file, headerLine);
  } catch (error) {
    if (!(error instanceof TableRefused) || headerLine > 1 || !OF_A_PREAMBLE.has(error.failure.code))
      throw error;
    const offer = await offeredHeader(file);
    throw offer ? new TableRefused({ ...error.failure, offer }) : error;
  }
}

/**
 * Scans a CSV file whose header is in line `headerLine`. UTF-16 is known by its mark; what is not UTF-8 is read as Windows-1252, of which
 * Latin-1's letters are a part, and said so. A copy is written to `scratch`, called after `name`, where the file is in another encoding
 * or begins with something else. @throws TableRefused
 */
export async function readText(
  file: string,
  { scratch, name, headerLine }: { scratch: string; name: string; headerLine: number },
): Promise<TextTable> {
  const copy = path.join(scratch, `${name}.utf8.csv`);
  const table = (whole: string) =>
    headerLine === 1
      ? Promise.resolve(whole)
      : withoutPreamble(whole, headerLine, path.join(scratch, `${name}.table.csv`));
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
    const own = await table(utf8);
    return { file: own, headerLine, shape: await scanned(own, headerLine), encoding: "utf-16", remarks };
  }
  const own = await table(file);
  try {
    return { file: own, headerLine, shape: await scanned(own, headerLine), encoding: "utf-8", remarks: [] };
  } catch (error) {
    if (!(error instanceof TableRefused) || error.failure.code !== "not_utf8") throw error;
    const narrow = await converted(own, "windows-1252", copy);
    if (!narrow) throw error;
    const { line, column } = error.failure;
    const where = line === undefined ? "" : ` (line ${line}, column ${column ?? 1})`;
    const remarks = [
      `The file is not UTF-8${where}; it was read as Windows-1252. Look at its letters with accents, and save it as UTF-8 if they are wrong.`,
    ];
    return {
      file: narrow,
      headerLine,
      shape: await scanned(narrow, headerLine),
      encoding: "cp1252",
      remarks,
    };
  }
}
