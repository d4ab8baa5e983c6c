import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, describe, expect, test } from "vitest";
import { inspectHere } from "./testing";

/**
 * Files as people have them: what was refused, lost or changed although it is a table. They are read within this process, since one for
 * each takes too long; `analytics.test.ts` looks at the process itself.
 */

const folder = mkdtempSync(path.join(os.tmpdir(), "real-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function inspect(content: string | Buffer) {
  const file = path.join(folder, `${(count += 1)}.csv`);
  writeFileSync(file, content);
  return inspectHere(file);
}
const column = (values: readonly string[]) =>
  inspect(`x,y\n${values.map((value) => `${value},1`).join("\n")}\n`);

async function parquet(select: string) {
  const file = path.join(folder, `${(count += 1)}.parquet`);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  return file;
}

describe("names", () => {
  test("are made where the file gives none, as pandas makes them, and said", async () => {
    const { columns, profile, rowCount } = await inspect(",a,a,A,,a.1\n0,1,2,3,4,5\n");
    expect(rowCount).toBe(1);
    expect(columns.map(({ name }) => name)).toEqual(["Unnamed: 0", "a", "a.2", "A", "Unnamed: 4", "a.1"]);
    expect(profile[0]?.remark).toContain("no name");
    expect(profile[2]?.remark).toContain('an earlier column "a"');
    expect(profile[1]?.remark).toBeNull();
  });

  test("mean nothing to the engine", async () => {
    const { columns, preview, profile } = await inspect('rowid,"c0 ""x",select\n9,a,n/a\n8,b,1\n7,c,2\n');
    expect(columns.map(({ name }) => name)).toEqual(["rowid", 'c0 "x', "select"]);
    expect(preview.map(([first]) => first)).toEqual(["9", "8", "7"]);
    expect(profile[0]).toMatchObject({ min: "7", max: "9" });
  });
});

test("a table without rows is a table", async () => {
  const { columns, rowCount, preview, profile } = await inspect("a,b\n");
  expect({ columns: columns.length, rowCount, preview }).toEqual({ columns: 2, rowCount: 0, preview: [] });
  expect(profile.map((each) => each.count)).toEqual([0, 0]);
  const none = await inspectHere(await parquet("SELECT 1.5 AS n, 'a' AS t WHERE false"));
  expect(none.rowCount).toBe(0);
});

describe("types", () => {
  test.each([
    ["12-digit numbers", ["900719925474", "1"], "integer"],
    ["20-digit ids", ["12345678901234567890", "12345678901234567891"], "integer"],
    ["ids of more digits than any integer", ["9".repeat(45), "8".repeat(45)], "string"],
    ["codes that begin with zeros", ["01234", "00001"], "string"],
    ["numbers with spaces around them", [" 1", "2 "], "integer"],
    ["floats", ["0.1", "2.5e-3", "NaN", "-inf"], "float"],
    ["floats as Python prints them", ["0.30000000000000004", "0.10000000149011612"], "float"],
    ["floats as C prints them", ["1.000000000000000056e-01", "2.500000000000000000e+00"], "float"],
    ["numbers of 30 digits", ["0.123456789012345678901234567891", "1.5"], "decimal(30)"],
    ["numbers that no type holds", ["0.123456789012345678901234567891e-7", "1.5"], "string"],
    ["numbers beyond a double", ["1e400", "1"], "string"],
    ["true and false", ["true", "False", "TRUE"], "boolean"],
    ["T and F", ["T", "F"], "string"],
    ["yes and no", ["yes", "no"], "string"],
    ["hexadecimal", ["0x1F", "0x20"], "string"],
    ["days", ["2024-02-29", "2024-01-01"], "date"],
    ["days that do not exist", ["2024-02-30", "2024-01-01"], "string"],
    ["infinity among days", ["infinity", "2024-01-01"], "string"],
    ["day first or month first", ["03/04/2024", "13/04/2024"], "string"],
    ["mixed forms of days", ["2024-01-01", "2 Jan 2024"], "string"],
    ["times", ["2024-01-01 10:00:00", "2024-01-01T10:00:00.5"], "timestamp"],
    ["times finer than a microsecond", ["2024-01-01 10:00:00.123456789"], "timestamp_ns"],
    ["times with zones", ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00+02:00"], "timestamptz"],
    ["some with zones", ["2024-01-01T10:00:00Z", "2024-01-01T10:00:00"], "string"],
    ["the hour 24", ["2024-01-01 24:00:00"], "string"],
    ["what looks like a comment", ["#2", "#3"], "string"],
    ["nothing", ["", ""], "string"],
  ])("of %s", async (_name, values, type) => {
    const { columns } = await column(values);
    expect(columns[0]?.type).toBe(type);
  });

  test("say why digits, days and long numbers are text", async () => {
    const remark = async (values: string[]) => (await column(values)).profile[0]?.remark;
    expect(await remark(["01234", "00001"])).toContain("some begin with 0");
    expect(await remark(["03/04/2024"])).toContain("day or month comes first");
    expect(await remark(["9".repeat(45)])).toContain("more digits");
  });

  test("read a quoted nothing among numbers as missing, as pandas writes it", async () => {
    const { columns, profile } = await inspect('x\n1\n""\n3\n');
    expect(columns[0]).toMatchObject({ type: "integer", nullable: true });
    expect(profile[0]).toMatchObject({ count: 3, nulls: 1 });
  });
});

describe("two different files have two content digests", () => {
  test.each([
    ["20-digit ids", ["12345678901234567890"], ["12345678901234567891"]],
    ["numbers of 30 digits", ["0.123456789012345678901234567891"], ["0.123456789012345678901234567892"]],
    ["nanoseconds", ["2024-01-01 10:00:00.123456789"], ["2024-01-01 10:00:00.123456788"]],
    ["codes", ["007"], ["07"]],
    ["numbers beyond a double", ["1e400"], ["1e401"]],
  ])("of %s", async (_name, one, other) => {
    const digests = [await column(one), await column(other)].map(({ contentDigest }) => contentDigest);
    expect(new Set(digests).size).toBe(2);
  });
});

describe("values at the edge", () => {
  test.each([
    ["1e200", ["1e200", "-2e200", "3"]],
    ["1.7e308", ["1.7e308", "-1.7e308"]],
    ["5e-324", ["5e-324", "1e-323", "0"]],
    ["one value", ["7"]],
  ])("%s has a profile", async (_name, values) => {
    const numbers = values.map(Number);
    const { profile } = await column(values);
    const [first] = profile;
    expect(first?.remark).toBeNull();
    expect(first?.mean).toBeCloseTo(
      numbers.reduce((sum, each) => sum + each / numbers.length, 0),
      5,
    );
    expect(first?.histogram.reduce((sum, bin) => sum + bin.count, 0)).toBe(values.length);
    expect(first?.histogram[0]?.from).toBe(Math.min(...numbers));
    expect(first?.histogram.at(-1)?.to).toBe(Math.max(...numbers));
  });

  test("1,000 columns are read", async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `f${at}`).join(",");
    const row = (from: number) => Array.from({ length: 1_000 }, (_, at) => from + at).join(",");
    const { columns, preview } = await inspect(`${names}\n${row(0)}\n${row(1)}\n`);
    expect(columns).toHaveLength(1_000);
    expect(preview[1]?.at(-1)).toBe("1000");
  });

  test("a cell of 3 MB is read; a row that is too long is refused with the limit", async () => {
    const { rowCount, profile } = await column(["x".repeat(3_000_000), "b"]);
    expect({ rowCount, longest: profile[0]?.length?.max }).toEqual({ rowCount: 2, longest: 3_000_000 });
    await expect(column(["a", "x".repeat(17 * 1024 * 1024)])).rejects.toMatchObject({
      failure: { code: "record_too_long", line: 3, message: expect.stringContaining("longer than 16 MiB") },
    });
  });
});

describe("lines above the table", () => {
  const TABLE = "city,date,t\nBern,2024-01-02,3.5\nRom,2024-01-03,4\n";
  const at = (content: string | Buffer, headerLine: number) => {
    const file = path.join(folder, `${(count += 1)}.csv`);
    writeFileSync(file, content);
    return inspectHere(file, headerLine);
  };

  test("are refused with the choice to leave them out, which is never made for anybody", async () => {
    await expect(inspect(`Weather of 2024\n\n"Source: a, b"\n${TABLE}`)).rejects.toMatchObject({
      failure: { code: "blank_line", offer: { headerLine: 4, names: ["city", "date", "t"] } },
    });
    await expect(inspect(`Title;;\nÜber uns\n${TABLE.replaceAll(",", ";")}`)).rejects.toMatchObject({
      failure: { offer: { headerLine: 3 } },
    });
  });

  test("no choice is offered where the fault is another one", async () => {
    for (const content of [`${TABLE}Oslo,2024-01-04\n`, "a\nb,c\nd\n", 'a,b\n1,2\n3,"4\n'])
      await expect(inspect(content)).rejects.not.toHaveProperty("failure.offer");
  });

  test.each([
    ["line feeds", `One\nTwo\n${TABLE}`],
    ["both", `One\r\nTwo\r\n${TABLE.replaceAll("\n", "\r\n")}`],
    ["carriage returns", `One\rTwo\r${TABLE.replaceAll("\n", "\r")}`],
    ["UTF-16", Buffer.from(`\uFEFFOne\nTwo\n${TABLE}`, "utf16le")],
    ["a mark", `\uFEFFOne "odd\nTwo\n${TABLE}`],
    ["Windows-1252", Buffer.from(`\xdcber\nTwo\n${TABLE}`, "latin1")],
  ])("are left out of a file with %s", async (_, content) => {
    const found = await at(content, 3);
    expect(found.contentDigest).toBe((await inspect(TABLE)).contentDigest);
    expect(found.text?.headerLine).toBe(3);
    expect(found.remarks[0]).toContain("begins in line 3");
  });

  test("count in what a refusal names", async () => {
    await expect(at(`One\nTwo\n${TABLE}Oslo\n`, 3)).rejects.toMatchObject({ failure: { line: 6 } });
    await expect(at("One\nTwo\n", 9)).rejects.toMatchObject({
      failure: { code: "too_few_lines", message: expect.stringContaining("3 lines") },
    });
    await expect(inspectHere(await parquet("SELECT 1 AS a"), 2)).rejects.toMatchObject({
      failure: { code: "no_lines" },
    });
  });
});

describe("encodings", () => {
  test("UTF-16 is known by its mark", async () => {
    for (const bytes of [
      Buffer.from("\uFEFFa;b\né;2\n", "utf16le"),
      Buffer.from("\uFEFFa;b\né;2\n", "utf16le").swap16(),
    ]) {
      const found = await inspect(bytes);
      expect(found.preview).toEqual([["é", "2"]]);
      expect(found.text).toEqual({ delimiter: ";", encoding: "utf-16", headerLine: 1 });
      expect(found.remarks[0]).toContain("UTF-16");
    }
  });

  test("what is not UTF-8 is read as Windows-1252, and said where", async () => {
    const found = await inspect(Buffer.from("a,b\n1,caf\xe9 \x80\n", "latin1"));
    expect(found.preview).toEqual([["1", "café €"]]);
    expect(found.text?.encoding).toBe("cp1252");
    expect(found.remarks[0]).toContain("line 2, column 6");
  });
});
