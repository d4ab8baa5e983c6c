import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { waitFor } from "@/db/testing/wait-for";
import { drainSpool, MAX_TRIES, storeBatch, type DrainTarget } from "./drain";
import { encode, UnreadableRecord } from "./spool-format";
import { SpoolReader } from "./spool-reader";
import { SpoolWriter } from "./spool-writer";

const sqlError = (code: string) =>
  Object.assign(new Error("Failed query"), { cause: Object.assign(new Error(code), { code }) });

/** A store that fails as told, all or none like a transaction. */
function target(failing: (record: unknown) => unknown) {
  const stored: unknown[] = [];
  const aside: { record: unknown; tries: number }[] = [];
  let calls = 0;
  const parts: DrainTarget = {
    store: async (records) => {
      calls += 1;
      for (const record of records) {
        const error = failing(record);
        if (error !== undefined) throw error;
      }
      stored.push(...records);
    },
    setAside: async (record, _error, tries) => void aside.push({ record, tries }),
  };
  return { parts, stored, aside, calls: () => calls };
}

describe("a record that cannot be stored", () => {
  const batch = Array.from({ length: 500 }, (_, n) => n);

  it("is set aside after a few tries, and the 499 others are stored", async () => {
    const { parts, stored, aside, calls } = target((record) =>
      record === 321 ? sqlError("22P05") : undefined,
    );
    await storeBatch(parts, batch);
    expect(stored.toSorted((a, b) => Number(a) - Number(b))).toEqual(batch.filter((n) => n !== 321));
    expect(aside).toEqual([{ record: 321, tries: MAX_TRIES }]);
    expect(calls()).toBeLessThan(30);
  });

  it("is set aside for whatever reason the record gives: form, size, or an error that only it causes", async () => {
    for (const error of [
      new z.ZodError([]),
      new RangeError("Invalid string length"),
      sqlError("54000"),
      sqlError("XX000"),
    ]) {
      const { parts, stored, aside } = target((record) => (record === 1 ? error : undefined));
      await storeBatch(parts, [0, 1, 2]);
      expect([stored, aside.length]).toEqual([[0, 2], 1]);
    }
  });

  it("waits while it is the database that fails, with no further tries", async () => {
    for (const error of [
      sqlError("57P01"),
      sqlError("53100"),
      sqlError("40P01"),
      new Error("Connection terminated"),
    ]) {
      const { parts, aside, calls } = target(() => error);
      await expect(storeBatch(parts, batch)).rejects.toThrow(Error);
      expect([aside.length, calls()]).toEqual([0, 1]);
    }
    // A table that is missing fails for all alike.
    const { parts, aside } = target(() => sqlError("42P01"));
    await expect(storeBatch(parts, [1, 2, 3])).rejects.toThrow("Failed query");
    expect(aside).toEqual([]);
  });

  it("does not hide those behind it when it is no JSON", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-spool-"));
    const writer = new SpoolWriter({ folder });
    writer.append({ i: 1 });
    const [file] = fs.readdirSync(folder).filter((name) => name.endsWith(".log"));
    const broken = encode({ i: 2 });
    // The same length and a checksum that fits: the bytes came whole, and are not what they should be.
    const fake = encode("xxxxx");
    fake.write("{{{{{{{", 8);
    const { crc32 } = await import("node:zlib");
    fake.writeUInt32LE(crc32(fake.subarray(8)) >>> 0, 4);
    fs.appendFileSync(path.join(folder, file ?? ""), Buffer.concat([fake, broken]));
    const { parts, stored, aside } = target(() => undefined);
    await new SpoolReader(folder).drain((records) => storeBatch(parts, records), 500);
    expect(stored).toEqual([{ i: 1 }, { i: 2 }]);
    expect(aside[0]?.record).toBeInstanceOf(UnreadableRecord);
    writer.close();
  });
});

it("the spool takes no record of any size: a large one is reduced, and dropped only if that is still too large", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-spool-"));
  const writer = new SpoolWriter({ folder, reduce: (record) => ({ ...record, inputs: null }) });
  expect(writer.append({ id: "a", inputs: "x".repeat(2_000_000) })).toBe(true);
  expect(writer.append({ id: "x".repeat(2_000_000), inputs: null })).toBe(false);
  expect([writer.appended, writer.dropped]).toEqual([1, 1]);
  expect(writer.backlogBytes).toBeLessThan(1_000);
  writer.close();
});

it("records that come one after another share transactions, and a full spool is stored without waiting for more", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-spool-"));
  const writer = new SpoolWriter({ folder });
  const sizes: number[] = [];
  let isStopping = false;
  const store = async (records: readonly unknown[]) => void sizes.push(records.length);
  const total = () => sizes.reduce((sum, size) => sum + size, 0);
  for (let n = 0; n < 1_100; n += 1) writer.append({ n });
  const draining = drainSpool(new SpoolReader(folder), { store, setAside: store }, () => isStopping);
  await waitFor(() => total() === 1_100, { what: "the full spool is stored" });
  expect(sizes).toEqual([500, 500, 100]);
  const began = performance.now();
  for (let n = 0; n < 60; n += 1) {
    writer.append({ n });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await waitFor(() => total() === 1_160, { what: "the rest is stored" });
  // Each waits a quarter of a second for company, however slow the machine.
  expect(sizes.length - 3).toBeLessThanOrEqual((performance.now() - began) / 250 + 1);
  isStopping = true;
  await draining;
  writer.close();
  fs.rmSync(folder, { recursive: true });
});
