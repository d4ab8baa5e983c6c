import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { encode } from "./spool-format";
import { SpoolReader } from "./spool-reader";
import { SpoolWriter } from "./spool-writer";

const folder = () => fs.mkdtempSync(path.join(os.tmpdir(), "mw-spool-"));

async function drainAll(reader: SpoolReader): Promise<unknown[]> {
  const all: unknown[] = [];
  while ((await reader.drain(async (records) => void all.push(...records), 100)) > 0);
  return all;
}

describe("the prediction spool", () => {
  it("delivers in order, once when nothing fails, over segment borders and reopening of both ends", async () => {
    const at = folder();
    const first = new SpoolWriter({ folder: at });
    const big = "x".repeat(60_000);
    for (let i = 0; i < 300; i += 1) first.append({ i, big });
    const before: unknown[] = [];
    await new SpoolReader(at).drain(async (records) => void before.push(...records), 120);
    first.close();
    const second = new SpoolWriter({ folder: at });
    second.append({ i: 300, big });
    const rest = await drainAll(new SpoolReader(at));
    expect([...before, ...rest].map((record) => (record as { i: number }).i)).toEqual(
      Array.from({ length: 301 }, (_, i) => i),
    );
    expect(fs.readdirSync(at).filter((name) => name.endsWith(".log")).length).toBeLessThanOrEqual(2);
    second.close();
  });

  it("delivers what is written while it is read, and nothing twice", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at });
    const reader = new SpoolReader(at);
    const all: unknown[] = [];
    const big = "ü".repeat(20_000);
    for (let i = 0; i < 600; i += 1) {
      writer.append({ i, big });
      if (i % 7 === 0) await reader.drain(async (records) => void all.push(...records), 10);
    }
    all.push(...(await drainAll(reader)));
    expect(all.map((record) => (record as { i: number }).i)).toEqual(
      Array.from({ length: 600 }, (_, i) => i),
    );
    writer.close();
  });

  it("loses a record that the disk takes only half of, and no other", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at });
    expect(writer.append({ i: 0 })).toBe(true);
    const write = fs.writeSync.bind(fs);
    const short = vi
      .spyOn(fs, "writeSync")
      .mockImplementationOnce((fd, frame) => write(fd, String(frame).slice(0, 9)));
    expect(writer.append({ i: 1 })).toBe(false);
    short.mockRestore();
    expect(writer.append({ i: 2 })).toBe(true);
    expect(await drainAll(new SpoolReader(at))).toEqual([{ i: 0 }, { i: 2 }]);
    expect([writer.appended, writer.dropped]).toEqual([2, 1]);
    writer.close();
  });

  it("waits for the rest of a record that is half written", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at });
    writer.append({ i: 1 });
    const [file] = fs.readdirSync(at).filter((name) => name.endsWith(".log"));
    const full = path.join(at, file ?? "");
    const whole = encode({ i: 2 });
    fs.appendFileSync(full, whole.subarray(0, 11));
    const reader = new SpoolReader(at);
    expect(await drainAll(reader)).toEqual([{ i: 1 }]);
    fs.appendFileSync(full, whole.subarray(11));
    expect(await drainAll(reader)).toEqual([{ i: 2 }]);
    writer.close();
  });

  it("says since when its oldest record waits, beside the reader that empties it", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at });
    const [looking, reader] = [new SpoolReader(at), new SpoolReader(at)];
    expect(looking.oldestAtMs()).toBeUndefined();
    for (const atMs of [10, 20]) writer.append({ atMs });
    expect(looking.oldestAtMs()).toBe(10);
    await reader.drain(async () => {}, 1);
    expect(looking.oldestAtMs()).toBe(20);
    await reader.drain(async () => {}, 1);
    expect(looking.oldestAtMs()).toBeUndefined();
    writer.close();
  });

  it("delivers again what could not be delivered", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at });
    const reader = new SpoolReader(at);
    writer.append({ i: 1 });
    await expect(
      reader.drain(async () => {
        throw new Error("the database is away");
      }, 10),
    ).rejects.toThrow("away");
    expect(await drainAll(reader)).toEqual([{ i: 1 }]);
    writer.close();
  });

  it("stops at a torn or damaged tail and goes on with the next segment", async () => {
    const at = folder();
    const first = new SpoolWriter({ folder: at });
    first.append({ i: 1 });
    first.append({ i: 2 });
    first.close();
    const [file] = fs.readdirSync(at).filter((name) => name.endsWith(".log"));
    const full = path.join(at, file ?? "");
    fs.truncateSync(full, fs.statSync(full).size - 3);
    const second = new SpoolWriter({ folder: at });
    second.append({ i: 3 });
    expect(await drainAll(new SpoolReader(at))).toEqual([{ i: 1 }, { i: 3 }]);
    second.close();
  });

  it("is bounded: beyond its size it counts what it drops, and takes records again when the reader made room", async () => {
    const at = folder();
    const writer = new SpoolWriter({ folder: at, maxBytes: 1_000 });
    const taken = Array.from({ length: 100 }, (_, i) => writer.append({ i, text: "0123456789" })).filter(
      Boolean,
    ).length;
    expect(taken).toBeGreaterThan(10);
    expect(writer.dropped).toBe(100 - taken);
    writer.close();
    const next = new SpoolWriter({ folder: at, maxBytes: 1_000 });
    const reader = new SpoolReader(at);
    expect(next.append({ i: "full" })).toBe(false);
    expect(await drainAll(reader)).toHaveLength(taken);
    await waitFor(() => next.append({ i: "room" }));
    expect(await drainAll(reader)).toEqual([{ i: "room" }]);
    next.close();
  });
});
