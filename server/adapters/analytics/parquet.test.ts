import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { BUILD_MS, pythonWith } from "@/server/serving/gateway/testing-python";
import { createAnalytics } from "./index";
import { digestHere, inspectHere } from "./testing";

/**
 * Parquet files that the real pyarrow writes, and digests that Python computes from the values by the words of docs/dataset-digest.md.
 * `MODELWORKS_PARQUET_FILES=10000` reads more of them, `MODELWORKS_PARQUET_SEED` others.
 */

const FILES = Number(process.env.MODELWORKS_PARQUET_FILES ?? 100);
const SEED = Number(process.env.MODELWORKS_PARQUET_SEED ?? 1);
const folder = mkdtempSync(path.join(os.tmpdir(), "parquet-"));
const analytics = createAnalytics({ scratchRoot: path.join(folder, "scratch") });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const Written = z.array(
  z.object({
    file: z.string(),
    schema: z.string(),
    names: z.array(z.string()),
    types: z.array(z.string()),
    digest: z.string(),
  }),
);

let python: string;
beforeAll(async () => {
  const lock = path.resolve("examples/the-line/requirements.txt");
  python = path.join(await pythonWith(lock), "bin", "python");
}, BUILD_MS);

const run = (args: readonly string[]) =>
  promisify(execFile)(python, [...args], { maxBuffer: 256 * 1024 * 1024 });

/** Writes a table that a few lines of Python make, called `table`. */
async function written(name: string, lines: string): Promise<string> {
  const file = path.join(folder, `${name}.parquet`);
  const head = "import sys, decimal, pyarrow as pa, pyarrow.parquet as pq";
  await run(["-c", `${head}\n${lines}\npq.write_table(table, sys.argv[1])`, file]);
  return file;
}

test(
  "a generated table has the digest that its values have",
  async () => {
    const program = path.join(import.meta.dirname, "testing-parquet.py");
    const { stdout } = await run([program, folder, String(FILES), String(SEED)]);
    for (const made of Written.parse(JSON.parse(stdout))) {
      const scratch = mkdtempSync(path.join(folder, "s-"));
      const read = await digestHere(made.file, scratch);
      rmSync(scratch, { recursive: true });
      expect(
        read.columns.map(({ name }) => name),
        made.schema,
      ).toEqual(made.names);
      expect(
        read.columns.map(({ type }) => type),
        made.schema,
      ).toEqual(made.types);
      expect(read.contentDigest, made.schema).toBe(made.digest);
    }
  },
  60_000 + FILES * 1_000,
);

describe("what cannot be kept exactly", () => {
  test("decimals of more than 38 digits are refused by name, with the limit", async () => {
    const file = await written(
      "decimal256",
      `table = pa.table({"fine": [1], "big": pa.array([decimal.Decimal("1.5")], pa.decimal256(40, 3))})`,
    );
    await expect(inspectHere(file)).rejects.toMatchObject({
      failure: {
        code: "too_precise",
        message: expect.stringMatching(/"big" holds decimals of 40 digits.* 38/),
      },
    });
  });

  test("nanoseconds with a zone are read to the microsecond, and said; without one they are whole", async () => {
    const file = await written(
      "nanos",
      `stamps = pa.array([1730000000123456789]).cast(pa.timestamp("ns"))
table = pa.table({"zoned": stamps.cast(pa.timestamp("ns", tz="UTC")), "plain": stamps})`,
    );
    const { columns, profile } = await inspectHere(file);
    expect(columns.map(({ type }) => type)).toEqual(["timestamptz", "timestamp_ns"]);
    expect(profile[0]?.remark).toContain("finer than a microsecond is not read");
    expect(profile[1]?.remark).toBeNull();
    expect(profile[1]?.max).toContain("123456789");
  });

  test("a name with a zero byte is refused", async () => {
    const file = await written("zero", `table = pa.table({"a": [1], "b\\0c": [2]})`);
    await expect(inspectHere(file)).rejects.toMatchObject({
      failure: { code: "unstorable_name", message: expect.stringContaining("column 2") },
    });
  });

  test("more than 5,000 columns are refused with the number", async () => {
    const file = await written("wide", `table = pa.table({f"c{at}": [at] for at in range(5_001)})`);
    await expect(inspectHere(file)).rejects.toMatchObject({
      failure: { code: "too_many_columns", message: expect.stringContaining("5001") },
    });
  });
});

test("durations inside lists keep their unit apart", async () => {
  const made = (unit: string) =>
    written(`list-${unit}`, `table = pa.table({"d": pa.array([[5]], pa.list_(pa.duration("${unit}")))})`);
  const [seconds, millis] = [await inspectHere(await made("s")), await inspectHere(await made("ms"))];
  expect(seconds.columns[0]?.type).toContain("(durations: s)");
  expect(seconds.contentDigest).not.toBe(millis.contentDigest);
});

test("texts with zero bytes and cells of megabytes are shown in part", async () => {
  const file = await written(
    "odd",
    `table = pa.table({"t": ["a\\0b", "🦆" * 1_000_000], "l": [["y" * 500]] * 2})`,
  );
  const { preview, profile } = await inspectHere(file);
  expect(preview[0]?.[0]).toBe("a\uFFFDb");
  expect(preview[1]?.[0]).toMatch(/^(🦆)+…$/u);
  expect(String(preview[0]?.[1]).length).toBeLessThan(250);
  expect(profile[0]?.length?.max).toBe(1_000_000);
});

test("a CSV file and a Parquet file of the same rows are one table, also when compared", async () => {
  const file = await written(
    "same",
    `table = pa.table({"id": [3, 1, 2], "x": [0.5, 1.25, None], "t": ["a", "b", "c"]})`,
  );
  const csv = path.join(folder, "same.csv");
  writeFileSync(csv, "t,id,x\nb,1,1.25\nc,2,\na,3,0.5\n");
  const [one, other] = [await inspectHere(file), await inspectHere(csv)];
  expect(other.contentDigest).toBe(one.contentDigest);
  const changed = path.join(folder, "changed.csv");
  writeFileSync(changed, "t,id,x\nb,1,1.25\nc,2,\na,3,0.75\n");
  const diff = await analytics.diff({ file, format: "parquet" }, { file: changed, format: "csv" });
  expect(diff).toMatchObject({ rowsAdded: 1, rowsRemoved: 1, rowsUnchanged: 2, columnsRetyped: [] });
});
