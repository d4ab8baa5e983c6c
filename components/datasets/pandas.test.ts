import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { PythonEnvironments } from "@/server/adapters/model-runtime/python/environments";
import { LOCK, pythonSettings, versionOf } from "@/server/adapters/model-runtime/python/testing-python";
import { readHere, type TableHere } from "@/server/adapters/analytics/testing";
import { readOptions } from "./snippets";

/**
 * Generated CSV files: what the profile holds is what pandas reads with the options of the page's own snippet. Values are compared one by
 * one, numbers exactly. `MODELWORKS_CSV_FILES=10000` reads more of them, `MODELWORKS_CSV_SEED` others.
 */

const FILES = Number(process.env.MODELWORKS_CSV_FILES ?? 120);
const SEED = Number(process.env.MODELWORKS_CSV_SEED ?? 1);
const folder = mkdtempSync(path.join(os.tmpdir(), "pandas-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Answers = z.array(
  z.union([
    z.object({ error: z.string() }),
    z.object({ names: z.array(z.string()), rows: z.array(z.array(z.string().nullable())) }),
  ]),
);

const two = (value: number) => String(value).padStart(2, "0");
const day = fc
  .tuple(
    fc.integer({ min: 1700, max: 2200 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, date]) => `${year}-${two(month)}-${two(date)}`);
const clock = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.option(fc.nat(999_999)))
  .map(
    ([h, m, s, part]) =>
      `${two(h)}:${two(m)}:${two(s)}${part === null ? "" : `.${String(part).padStart(6, "0")}`}`,
  );
const digits = (min: number, max: number) =>
  fc.array(fc.nat(9), { minLength: min, maxLength: max }).map((each) => each.join(""));
const double = fc.double({ noNaN: true }).filter((value) => Number.isFinite(value));

/** What the values of a column are like; most columns are of one kind, some mix two. */
const KINDS: readonly fc.Arbitrary<string>[] = [
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  digits(17, 45),
  digits(1, 6),
  double.map(String),
  double.map((value) => value.toExponential(18)),
  fc.tuple(digits(1, 5), digits(1, 33)).map(([whole, part]) => `${Number(whole)}.${part}`),
  fc.constantFrom("true", "false", "True", "FALSE", "T", "F", "yes", "0", "1"),
  fc.constantFrom("true", "false"),
  fc.constantFrom("NaN", "nan", "NA", "N/A", "null", "None", "inf", "-inf", "1.5"),
  fc.constantFrom("0x1F", "1_000", "1,5", "$3", "#2", "1e5", "1E-3", "+7", "-0", ".5", "5.", " 8", "1e400"),
  day,
  fc.tuple(day, clock).map(([date, time]) => `${date} ${time}`),
  fc.tuple(day, clock).map(([date, time]) => `${date}T${time}+02:00`),
  fc.constantFrom("03/04/2024", "13/04/2024", "2024-02-30", "infinity", "10:00:00"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom(
    'say "hi"',
    "a;b",
    "a|b",
    "two\nlines",
    "tab\there",
    "é",
    "日本",
    "🦆",
    "'",
    "\\",
    "x ".trim(),
  ),
];
const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...KINDS).map((kind) => [kind]) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom(...KINDS)) },
);
const NAMES = ["", "a", "A", "a.1", "b", "rowid", "c0", "select", "ü", 'q"uote', "Unnamed: 0", "x,y"];

const table = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 12 }))
  .chain(([width, height]) =>
    fc.record({
      names: fc.array(fc.constantFrom(...NAMES), { minLength: width, maxLength: width }),
      columns: fc.array(
        value.chain((kinds) =>
          fc.array(
            fc.oneof({ weight: 1, arbitrary: fc.constant("") }, { weight: 7, arbitrary: fc.oneof(...kinds) }),
            { minLength: height, maxLength: height },
          ),
        ),
        { minLength: width, maxLength: width },
      ),
      delimiter: fc.constantFrom(",", ",", ";", "\t", "|"),
      lineEnd: fc.constantFrom("\n", "\r\n"),
      quoteAll: fc.boolean(),
      encoding: fc.constantFrom("utf8", "utf8", "utf8", "mark", "utf16le"),
      preamble: fc.constantFrom([], [], [], ["Weather of 2024"], ["Source: a, b; c", "", "ü"]),
    }),
  );
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never;

function textOf({ names, columns, delimiter, lineEnd, quoteAll, preamble }: Table): string {
  const quoted = (cell: string) =>
    quoteAll || cell === "" ? cell : /["\n\r;|,\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const cells = (row: readonly string[]) =>
    row
      .map((cell) => (quoteAll && cell !== "" ? `"${cell.replaceAll('"', '""')}"` : quoted(cell)))
      .join(delimiter);
  const rows = (columns[0] ?? []).map((_, at) => cells(columns.map((column) => column[at] ?? "")));
  // A row that is one empty value is a blank line, which no CSV can tell from nothing.
  return [...preamble, cells(names), ...rows.filter((row) => row !== "")]
    .map((row) => `${row}${lineEnd}`)
    .join("");
}

const bytesOf = (made: Table) => {
  const text = textOf(made);
  if (made.encoding === "utf16le") return Buffer.from(`\uFEFF${text}`, "utf16le");
  return Buffer.from(made.encoding === "mark" ? `\uFEFF${text}` : text);
};

/** Ours and pandas' in one form: neither can tell a missing float from NaN, nor pandas a missing text from an empty one. */
function form(type: string, cell: string | null): string {
  if (cell === null || cell === "" || (type === "float" && cell === "nan")) return "missing";
  // Of decimals, and of integers beyond 64 bits, pandas keeps the text.
  if (type === "integer") return String(BigInt(cell.trim().replace(/^\+/, "")));
  if (type.startsWith("decimal"))
    return cell
      .trim()
      .replace(/^\+/, "")
      .replace(/(\.\d*?)0*$/, "$1")
      .replace(/\.$/, "")
      .replace(/^(-?)\./, "$10.");
  return type === "float" ? String(Number(cell.replace(/inf(inity)?$/i, "Infinity"))) : cell;
}

const formed = (types: readonly string[], rows: readonly (readonly (string | null)[])[]) =>
  rows.map((row) => row.map((cell, at) => form(types[at] ?? "", cell)));

test(
  "what a profile holds is what pandas reads by the snippet",
  async () => {
    const made = fc
      .sample(table, { numRuns: FILES, seed: SEED })
      .filter(({ names }) => names.join("") !== "" || names.length > 1);
    const read: { file: string; table: TableHere; made: Table }[] = [];
    for (const [at, each] of made.entries()) {
      const file = path.join(folder, `${at}.csv`);
      writeFileSync(file, bytesOf(each));
      const scratch = path.join(folder, `scratch-${at}`);
      mkdirSync(scratch);
      read.push({ file, made: each, table: await readHere(file, scratch, each.preamble.length + 1) });
      rmSync(scratch, { recursive: true });
    }
    const python = await versionOf(pythonSettings.python ?? "python3");
    const { folder: built } = await new PythonEnvironments(pythonSettings).prepare({ lock: LOCK, python });
    const program = path.resolve("server/adapters/analytics/testing-pandas.py");
    const run = promisify(execFile)(path.join(built, "bin", "python"), [program], {
      maxBuffer: 256 * 1024 * 1024,
    });
    run.child.stdin?.end(
      JSON.stringify(
        read.map(({ file, table: { columns, profile, text } }) => ({
          file,
          options: readOptions({ columns, profile, text }),
        })),
      ),
    );
    const answers = Answers.parse(JSON.parse((await run).stdout));
    for (const [at, { table: ours, made: source }] of read.entries()) {
      const theirs = answers[at];
      const context = JSON.stringify({ text: textOf(source), options: readOptions(ours) });
      if (!theirs || "error" in theirs) throw new Error(`${theirs?.error ?? "no answer"} ${context}`);
      expect(theirs.names, context).toEqual(ours.columns.map(({ name }) => name));
      const types = ours.columns.map(({ type }) => type);
      expect(formed(types, theirs.rows), context).toEqual(formed(types, ours.rows));
    }
  },
  60_000 + FILES * 1_000,
);
