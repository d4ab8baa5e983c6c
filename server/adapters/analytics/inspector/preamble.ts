import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { clip } from "../../../core/characters";
import { refuse } from "./refuse";
import { firstBytes } from "./sniff";

const LF = 0x0a;
const CR = 0x0d;
const HEAD_BYTES = 64 * 1024;
/** Titles and notes above a table are short; further down a likely header is one by chance. */
const MOST_LINES = 50;
/** So many lines of one width make a table. */
const LINES_ALIKE = 4;
const NAMES_SHOWN = 5;
const NAME_CHARS = 30;
const DELIMITERS = [",", ";", "\t", "|"];

/** Where the table of a file that begins with something else may begin; for a person to choose, never taken for granted. */
export interface HeaderOffer {
  headerLine: number;
  names: string[];
}

async function* fromLine(file: string, line: number): AsyncGenerator<Buffer> {
  let skipped = 1;
  let afterCr = false;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (; from < chunk.length && (skipped < line || afterCr); from += 1) {
      const byte = chunk[from];
      if (afterCr && byte === LF) {
        afterCr = false;
        continue;
      }
      afterCr = false;
      if (skipped === line) break;
      if (byte === LF || byte === CR) skipped += 1;
      afterCr = byte === CR;
    }
    if (from < chunk.length) yield chunk.subarray(from);
  }
  if (skipped < line)
    refuse(
      "too_few_lines",
      `The file has ${skipped} lines; its header cannot be in line ${line}.`,
      "Give the line that holds the names of the columns.",
    );
}

/** Writes a copy that begins with the header, in an encoding that writes line ends as ASCII does. @throws TableRefused */
export async function withoutPreamble(file: string, headerLine: number, copy: string): Promise<string> {
  await pipeline(Readable.from(fromLine(file, headerLine)), createWriteStream(copy));
  return copy;
}

/** The cells of a line, as far as one can tell without reading what is before it. */
function cellsOf(line: string, delimiter: string): string[] {
  const cells = [""];
  let quoted = false;
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    else if (character === delimiter && !quoted) cells.push("");
    else cells[cells.length - 1] += character;
  }
  return cells;
}

/** The first line of a file in UTF-8 from which on lines are of one width, another one than before. */
export async function offeredHeader(file: string): Promise<HeaderOffer | undefined> {
  const head = await firstBytes(file, HEAD_BYTES);
  const lines = head
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/);
  // The last one may be cut off.
  if (head.length === HEAD_BYTES) lines.pop();
  else if (lines.at(-1) === "") lines.pop();
  for (const delimiter of DELIMITERS) {
    const widths = lines.map((line) => cellsOf(line, delimiter).length);
    const isHeader = (at: number) => {
      const alike = widths.slice(at, at + LINES_ALIKE);
      return alike.length > 1 && alike.every((width) => width > 1 && width === alike[0]);
    };
    // A table that begins at the top has another fault.
    if (widths[0] !== 1 && widths[0] === widths[1]) return undefined;
    const at = widths.findIndex((_, line) => line < MOST_LINES && isHeader(line));
    if (at > 0)
      return {
        headerLine: at + 1,
        names: cellsOf(lines[at] ?? "", delimiter)
          .slice(0, NAMES_SHOWN)
          .map((name) => clip(name.trim(), NAME_CHARS)),
      };
  }
  return undefined;
}
