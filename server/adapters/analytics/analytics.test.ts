import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifestDigest } from "@/server/core/digest";
import { createAnalytics, InspectorLost, TableRefused } from "./index";
import { CsvScan } from "./inspector/csv-scan";

const folder = mkdtempSync(path.join(os.tmpdir(), "analytics-"));
const analytics = createAnalytics({ scratchRoot: path.join(folder, "scratch") });
const CSV = 'id,name,score,seen\n1,ann,1.5,2024-01-01\n2,"",-0.0,\n3,,NaN,2024-02-29\n2,"",0.0,\n';

const write = (name: string, content: string | Buffer) => {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
};

/** Writes Parquet files with another DuckDB than the one under test. */
async function parquet(name: string, select: string) {
  const file = path.join(folder, name);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  return file;
}

/** The content digest by the letter of docs/dataset-digest.md, without SQL. */
function digestBySpec(columns: [string, string][], rows: (string | null)[][]) {
  const net = (text: string) => `${Buffer.byteLength(text)}:${text}`;
  const order = columns
    .map((_, at) => at)
    .toSorted((a, b) => (String(columns[a]) < String(columns[b]) ? -1 : 1));
  const head = order.map((at) => `${net(columns[at]?.[0] ?? "")}${net(columns[at]?.[1] ?? "")}\n`).join("");
  const digests = rows
    .map((row) => order.map((at) => (row[at] === null ? "~" : net(row[at] ?? ""))).join(""))
    .map((line) => createHash("sha256").update(line).digest("hex"))
    .toSorted();
  const hash = createHash("sha256")
    .update(`mw-table-v1\n${head}`)
    .update(Buffer.from(digests.join(""), "hex"));
  return `sha256:${hash.digest("hex")}`;
}

async function refusal(content: string | Buffer, name = "bad.csv") {
  const error: unknown = await analytics.inspect(write(name, content)).catch((caught: unknown) => caught);
  if (!(error instanceof TableRefused)) throw new Error(`not refused: ${String(error)}`);
  return error.failure;
}

let csvDigest = "";
beforeAll(async () => {
  csvDigest = (await analytics.inspect(write("a.csv", CSV))).contentDigest;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("digests", () => {
  test("the manifest digest is in-toto's dirHash", () => {
    const prefix = "github.com/marklodato/go-hello-world@v0.0.1/";
    const files = [
      {
        path: `${prefix}main.go`,
        digest: "sha256:ddc4da627d9a9f45fb29641a1b185d6f53287ecfd921aacbf4fe54b7a86fe8d1",
      },
      {
        path: `${prefix}README.md`,
        digest: "sha256:3a137eef6458bfb76bb2c63fc29ffc7166604d2d2e09ed9d8250a534122a8364",
      },
      {
        path: `${prefix}go.mod`,
        digest: "sha256:28e7c942a036902d981759d0bf5704d2bfc7cb500caf68b84711b234af01c6a5",
      },
    ];
    expect(manifestDigest(files)).toBe(
      "sha256:2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f",
    );
  });

  test("the content digest is what its specification says", () => {
    const days = { "2024-01-01": "2024-01-01", "2024-02-29": "2024-02-29" };
    const zero = "0000000000000000";
    expect(csvDigest).toBe(
      digestBySpec(
        [
          ["id", "integer"],
          ["name", "string"],
          ["score", "float"],
          ["seen", "date"],
        ],
        [
          ["1", "ann", "3ff8000000000000", days["2024-01-01"]],
          ["2", "", zero, null],
          ["3", null, "7ff8000000000000", days["2024-02-29"]],
          ["2", "", zero, null],
        ],
      ),
    );
  });

  test("row order, column order, integer width and file format do not matter", async () => {
    const file = await parquet(
      "a.parquet",
      "SELECT * FROM (VALUES (DATE '2024-02-29', 'nan'::DOUBLE, 3::TINYINT, NULL), (NULL, 0.0, 2, ''), (DATE '2024-01-01', 1.5, 1, 'ann'), (NULL, -0.0, 2, '')) v(seen, score, id, name)",
    );
    const inspection = await analytics.inspect(file);
    expect(inspection.format).toBe("parquet");
    expect(inspection.contentDigest).toBe(csvDigest);
  });

  test.each([
    ["empty text made null", CSV.replace('2,"",-0.0', "2,,-0.0")],
    ["a doubled row left out", CSV.replace('2,"",0.0,\n', "")],
    ["a renamed column", CSV.replace("score", "mark")],
    ["a value moved between columns", CSV.replace("1,ann,1.5", "1,ann1,.5")],
  ])("%s is another content", async (_name, content) => {
    expect((await analytics.inspect(write("other.csv", content))).contentDigest).not.toBe(csvDigest);
  });
});

describe("profile", () => {
  test("is exact, and leaves NaN out of the numbers", async () => {
    const { profile, columns, rowCount, preview } = await analytics.inspect(write("p.csv", CSV));
    expect(rowCount).toBe(4);
    expect(columns.map(({ name, type, nullable }) => [name, type, nullable])).toEqual([
      ["id", "integer", false],
      ["name", "string", true],
      ["score", "float", false],
      ["seen", "date", true],
    ]);
    expect(profile[2]).toMatchObject({ nulls: 0, nonFinite: 1, max: 1.5, mean: 0.5, quantiles: { p50: 0 } });
    expect(profile[1]).toMatchObject({
      nulls: 1,
      distinct: 2,
      top: [
        { value: "", count: 2 },
        { value: "ann", count: 1 },
      ],
    });
    expect(profile[0]?.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(4);
    expect(preview[1]).toEqual(["2", "", 0, null]);
  });

  test("says which value keeps a column of numbers text", async () => {
    const body = Array.from({ length: 30 }, (_, at) => (at === 16 ? "n/a" : String(at))).join("\n");
    const { profile } = await analytics.inspect(write("r.csv", `age\n${body}\n`));
    expect(profile[0]?.remark).toContain('in row 17, is "n/a"');
  });
});

describe("refusals name line and column", () => {
  test.each([
    ["too many values", "a,b\n1,2\n3,4,5\n", "too_many_values", 3, 4, "3 values, expected 2 (a, b)"],
    ["too few values", "a,b,c\n1,2,3\n4,5\n", "too_few_values", 3, 4, "2 values, expected 3 (a, b, c)"],
    ["a line after a quoted line break", 'a,b\n"x\ny",2\n3\n', "too_few_values", 4, 2, "1 value, expected 2"],
    ["an open quote", 'a,b\n1,"x\n2,y\n', "open_quote", 2, 3, "never closed"],
    ["text after a quote", 'a,b\n1,"é"x\n', "text_after_quote", 2, 6, "expected a comma"],
    ["a stray quote", 'a,b\n1,5" pipe\n', "stray_quote", 2, 4, "does not begin with one"],
    ["a NUL byte", "a,b\n1,\0\n", "nul_byte", 2, 3, "NUL"],
    [
      "an encoding that is not known",
      Buffer.from("a,b\n1,caf\xe9\n2,\x81\n", "latin1"),
      "not_utf8",
      2,
      6,
      "0xe9 is not UTF-8",
    ],
    ["a blank line", "a,b\n1,2\n\n3,4\n", "blank_line", 3, 1, "blank"],
    ["mixed line ends", "a,b\n1,2\r\n3,4\n", "mixed_line_ends", 2, undefined, "CR LF"],
  ])("%s", async (_name, content, code, line, column, text) => {
    const failure = await refusal(content);
    expect(failure).toMatchObject({ code, line });
    expect(failure.column).toBe(column);
    expect(failure.message).toContain(text);
    expect(failure.message.startsWith(`Line ${line}`)).toBe(true);
  });

  test("a file that is empty, no table, or cut off", async () => {
    expect((await refusal("")).code).toBe("empty_file");
    expect((await refusal(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]))).message).toContain("gzip");
    expect((await refusal(Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8, 0x0a]))).code).toBe("not_utf16");
    const whole = await parquet("whole.parquet", "SELECT range AS n FROM range(1000)");
    const { readFileSync } = await import("node:fs");
    const bytes = readFileSync(whole);
    expect((await refusal(bytes.subarray(0, bytes.length - 40), "cut.parquet")).code).toBe(
      "truncated_parquet",
    );
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, bytes.length - 60, bytes.length - 10);
    expect((await refusal(damaged, "damaged.parquet")).code).toBe("unreadable_parquet");
  });

  test("the outcome does not depend on where chunks are cut", () => {
    const bytes = Buffer.from('a,b\r\n1,"x ""é"" y\r\nz"\r\n2,3\r\n');
    for (let at = 1; at < bytes.length; at += 1) {
      const scan = new CsvScan(0x2c);
      scan.take(bytes.subarray(0, at));
      scan.take(bytes.subarray(at));
      expect(scan.end()).toEqual({ delimiter: ",", header: ["a", "b"], rowCount: 2, longestBytes: 18 });
    }
  });
});

test("semicolons, tabs, a byte order mark and names with quotes are read", async () => {
  const { columns, preview } = await analytics.inspect(write("s.csv", '\uFEFF"a ""b""";"x;y"\n1;2\n'));
  expect(columns.map((column) => column.name)).toEqual(['a "b"', "x;y"]);
  expect(preview).toEqual([["1", "2"]]);
});

test("a difference counts rows as multisets and measures the shift of each column", async () => {
  const before = write("d1.csv", "g,v\na,1\na,1\nb,2\nb,3\n");
  const after = write("d2.csv", "g,v\na,1\nb,3\nb,9\nc,9\n");
  const diff = await analytics.diff({ file: before, format: "csv" }, { file: after, format: "csv" });
  expect(diff).toMatchObject({
    rowsAdded: 2,
    rowsRemoved: 2,
    rowsUnchanged: 2,
    rowsComparedBy: "all columns",
  });
  expect(diff.shifts[0]).toMatchObject({ name: "g", statistic: "tv", value: 0.25 });
  expect(diff.shifts[1]).toMatchObject({
    name: "v",
    statistic: "ks",
    value: 0.5,
    meanBefore: 1.75,
    meanAfter: 5.5,
  });
  const retyped = write("d3.csv", "g,w\n1,x\n");
  expect(
    await analytics.diff({ file: before, format: "csv" }, { file: retyped, format: "csv" }),
  ).toMatchObject({
    columnsAdded: [{ name: "w", type: "string" }],
    columnsRemoved: [{ name: "v", type: "integer" }],
    columnsRetyped: [{ name: "g", before: "string", after: "integer" }],
    rowsComparedBy: "nothing in common",
  });
});

test("a killed inspector is an InspectorLost, not a refusal, and leaves no scratch behind", async () => {
  const scratchRoot = path.join(folder, "killed");
  const killed = createAnalytics({ scratchRoot, onStart: (pid) => process.kill(pid, "SIGKILL") });
  await expect(killed.inspect(write("k.csv", CSV))).rejects.toThrow(InspectorLost);
  const { readdirSync } = await import("node:fs");
  expect(readdirSync(scratchRoot)).toEqual([]);
});
