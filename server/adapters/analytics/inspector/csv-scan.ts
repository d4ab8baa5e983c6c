import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { refuse } from "./refuse";
import { Utf8Check } from "./utf8";

const COMMA = 0x2c;
const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const CHUNK_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 1024 * 1024;
export const MAX_COLUMNS = 5_000;
/** What the engine reads of one record: its value and its own limit on a line. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;

export interface CsvShape {
  delimiter: string;
  header: string[];
  /** Records below the header. */
  rowCount: number;
  /** Bytes of the longest record, a final line feed not counted. */
  longestBytes: number;
}

/** The delimiter that splits the first line most often outside quotes; a comma when none does. */
async function sniffDelimiter(file: string): Promise<number> {
  const handle = await open(file, "r");
  try {
    const head = Buffer.alloc(64 * 1024);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const counts = new Map([COMMA, 0x3b, 0x09, 0x7c].map((byte) => [byte, 0]));
    let quoted = false;
    for (const byte of head.subarray(0, bytesRead)) {
      if (byte === QUOTE) quoted = !quoted;
      else if (!quoted && (byte === LF || byte === CR)) break;
      else if (!quoted && counts.has(byte)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
    }
    return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
  } finally {
    await handle.close();
  }
}

type State = "start" | "plain" | "quoted" | "closed";

/**
 * Walks a CSV file (RFC 4180, UTF-8) byte by byte and refuses the first thing that is wrong, by line and column (in characters,
 * from 1). DuckDB's own reader guesses its way around such things; data must not be guessed.
 */
export class CsvScan {
  private state: State = "start";
  private line = 1;
  private column = 0;
  private fields = 0;
  private fieldHasBytes = false;
  private recordEmpty = true;
  private records = 0;
  private recordBytes = 0;
  private longestBytes = 0;
  private recordLine = 1;
  private blankLine: number | undefined;
  private openedAt = { line: 1, column: 1 };
  private surplusAt: number | undefined;
  private afterCr = false;
  private lineEnd: "LF" | "CR LF" | "CR" | undefined;
  private readonly utf8 = new Utf8Check();
  private characterAt = { line: 1, column: 1, byte: 0 };
  private headerBytes: number[] = [];
  readonly header: string[] = [];

  /** `firstLine`: the number that a person would give the first line of these bytes. */
  constructor(
    private readonly delimiter: number,
    firstLine = 1,
  ) {
    this.line = firstLine;
    this.recordLine = firstLine;
  }

  /** Takes the next bytes. @throws TableRefused at the first fault */
  take(chunk: Uint8Array): void {
    for (const byte of chunk) this.step(byte);
  }

  private step(byte: number): void {
    if (this.afterCr) {
      this.afterCr = false;
      if (byte === LF) return this.newLine("CR LF");
      this.newLine("CR");
    }
    this.recordBytes += 1;
    if (this.recordBytes > MAX_RECORD_BYTES) this.tooLong();
    if (this.utf8.complete) this.column += 1;
    if (byte >= 0x80 || !this.utf8.complete) this.checkEncoding(byte);
    if (byte === 0) {
      refuse(
        "nul_byte",
        "a NUL byte.",
        "Text holds none; save the file as UTF-8 CSV, without padding.",
        this.here(),
      );
    }
    if (this.state === "quoted") {
      if (byte === QUOTE) this.state = "closed";
      else this.content(byte);
      if (byte === LF) this.nextLine();
      return;
    }
    if (byte === this.delimiter) return this.endField();
    if (byte === LF) return this.newLine("LF");
    if (byte === CR) {
      this.afterCr = true;
      return;
    }
    this.ordinary(byte);
  }

  private tooLong(): never {
    refuse(
      "record_too_long",
      `the row from here on is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB.`,
      this.state === "quoted"
        ? `Is a quote never closed? One was opened in line ${this.openedAt.line}. Otherwise store such values as files.`
        : "Store such values as files and their names in the table.",
      { line: this.recordLine },
    );
  }

  private ordinary(byte: number): void {
    if (this.state === "closed") {
      if (byte !== QUOTE) {
        refuse(
          "text_after_quote",
          `expected ${this.delimiterName()} or the end of the line after the closing quote.`,
          'Write a quote inside a quoted value twice: "".',
          this.here(),
        );
      }
      this.state = "quoted";
      return this.content(byte);
    }
    if (byte === QUOTE) {
      if (this.state === "plain") {
        refuse(
          "stray_quote",
          "a quote inside a value that does not begin with one.",
          'Put the whole value in quotes and write the quote twice: "5"" pipe".',
          this.here(),
        );
      }
      this.state = "quoted";
      this.openedAt = this.here();
      this.recordEmpty = false;
      this.fieldBegins();
      return;
    }
    if (this.state === "start") {
      this.state = "plain";
      this.fieldBegins();
    }
    this.recordEmpty = false;
    this.content(byte);
  }

  private content(byte: number): void {
    this.fieldHasBytes = true;
    if (this.records > 0) return;
    this.headerBytes.push(byte);
    if (this.headerBytes.length > MAX_HEADER_BYTES) {
      refuse(
        "header_too_long",
        "the header line is longer than 1 MiB.",
        "Is this a CSV file with a header line?",
        this.here(),
      );
    }
  }

  private fieldBegins(): void {
    if (this.records > 0 && this.fields === this.header.length) this.surplusAt ??= this.column;
  }

  private endField(): void {
    this.recordEmpty = false;
    this.finishField();
    if (this.records > 0 && this.fields === this.header.length) this.surplusAt ??= this.column;
  }

  private finishField(): void {
    if (this.records === 0) {
      this.header.push(Buffer.from(this.headerBytes).toString("utf8"));
      this.headerBytes = [];
    }
    this.fields += 1;
    this.fieldHasBytes = false;
    this.state = "start";
  }

  private newLine(kind: "LF" | "CR LF" | "CR"): void {
    this.lineEnd ??= kind;
    if (this.lineEnd !== kind) {
      refuse(
        "mixed_line_ends",
        `this line ends with ${kind}, the lines before with ${this.lineEnd}.`,
        "Save the file with one kind of line end.",
        { line: this.line },
      );
    }
    this.endRecord();
    this.nextLine();
    this.longestBytes = Math.max(this.longestBytes, this.recordBytes);
    this.recordBytes = 0;
    this.recordLine = this.line;
  }

  private nextLine(): void {
    this.line += 1;
    this.column = 0;
  }

  private endRecord(): void {
    if (this.recordEmpty) {
      this.blankLine ??= this.line;
      return;
    }
    if (this.blankLine !== undefined) {
      const expected = this.records === 0 ? "the header" : this.countOf(this.header.length);
      refuse("blank_line", `the line is blank, expected ${expected}.`, "Remove the blank line.", {
        line: this.blankLine,
        column: 1,
      });
    }
    const endColumn = this.column;
    this.finishField();
    if (this.records === 0) this.checkHeader();
    else if (this.fields !== this.header.length) {
      refuse(
        this.fields > this.header.length ? "too_many_values" : "too_few_values",
        `${this.countOf(this.fields)}, expected ${this.header.length} (${this.nameList()}).`,
        `Separate values by ${this.delimiterName()}; put a value that contains it in quotes.`,
        { line: this.line, column: this.surplusAt ?? Math.max(1, endColumn) },
      );
    }
    this.records += 1;
    this.fields = 0;
    this.recordEmpty = true;
    this.surplusAt = undefined;
  }

  private checkHeader(): void {
    if (this.header.length > MAX_COLUMNS) {
      refuse(
        "too_many_columns",
        `${this.header.length} columns; at most ${MAX_COLUMNS} are supported.`,
        "Split the table.",
        { line: this.line },
      );
    }
  }

  private checkEncoding(byte: number): void {
    // What is wrong is the byte that began the character, not the harmless one that showed it.
    if (this.utf8.complete) this.characterAt = { ...this.here(), byte };
    if (this.utf8.accept(byte)) return;
    const { byte: wrong, ...at } = this.characterAt;
    refuse(
      "not_utf8",
      `the byte 0x${wrong.toString(16).padStart(2, "0")} is not UTF-8.`,
      "The file is in another encoding (often Windows-1252 or Latin-1); save it as UTF-8.",
      at,
    );
  }

  /** Ends the file. @throws TableRefused when it ends inside a value or has no header */
  end(): CsvShape {
    if (this.afterCr) this.newLine("CR");
    if (!this.utf8.complete) {
      refuse(
        "not_utf8",
        "the file ends inside a character.",
        "Upload the whole file again, as UTF-8.",
        this.here(),
      );
    }
    if (this.state === "quoted") {
      refuse(
        "open_quote",
        "this quote is never closed.",
        "Close it; the file may also be cut off.",
        this.openedAt,
      );
    }
    if (!this.recordEmpty || this.fieldHasBytes) this.endRecord();
    if (this.records === 0) {
      refuse("empty_file", "The file holds no header and no rows.", "Upload a CSV file with a header line.");
    }
    return {
      delimiter: String.fromCodePoint(this.delimiter),
      header: this.header,
      rowCount: this.records - 1,
      longestBytes: Math.max(this.longestBytes, this.recordBytes),
    };
  }

  private here() {
    return { line: this.line, column: Math.max(1, this.column) };
  }

  private countOf(count: number) {
    return `${count} ${count === 1 ? "value" : "values"}`;
  }

  private nameList() {
    const shown = this.header.slice(0, 6).join(", ");
    return this.header.length > 6 ? `${shown}, …` : shown;
  }

  private delimiterName() {
    return (
      { 0x2c: "a comma", 0x3b: "a semicolon", 0x09: "a tab", 0x7c: "a bar |" }[this.delimiter] ??
      "the delimiter"
    );
  }
}

/** Scans a whole file, whose first line is line `firstLine` to its reader. @throws TableRefused */
export async function scanCsv(file: string, firstLine: number): Promise<CsvShape> {
  const scan = new CsvScan(await sniffDelimiter(file), firstLine);
  let first = true;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    const hasMark = first && chunk.length >= 3 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    scan.take(hasMark ? chunk.subarray(3) : chunk);
    first = false;
  }
  return scan.end();
}
