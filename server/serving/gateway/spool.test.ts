import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { Spool } from "./spool";

const folder = () => fs.mkdtempSync(path.join(os.tmpdir(), "mw-spool-"));

async function drainAll(spool: Spool): Promise<unknown[]> {
  const all: unknown[] = [];
  while ((await spool.drain(async (records) => void all.push(...records), 100)) > 0);
  return all;
}

describe("the prediction spool", () => {
  it("delivers in order, once when nothing fails, over segment borders and reopening", async () => {
    const at = folder();
    const first = new Spool({ folder: at });
    const big = "x".repeat(60_000);
    for (let i = 0; i < 300; i += 1) first.append({ i, big });
    const before: unknown[] = [];
    await first.drain(async (records) => void before.push(...records), 120);
    first.close();
    const second = new Spool({ folder: at });
    second.append({ i: 300, big });
    const rest = await drainAll(second);
    expect([...before, ...rest].map((record) => (record as { i: number }).i)).toEqual(
      Array.from({ length: 301 }, (_, i) => i),
    );
    expect(fs.readdirSync(at).filter((name) => name.endsWith(".log")).length).toBeLessThanOrEqual(2);
    second.close();
  });

  it("delivers again what could not be delivered", async () => {
    const spool = new Spool({ folder: folder() });
    spool.append({ i: 1 });
    await expect(
      spool.drain(async () => {
        throw new Error("the database is away");
      }),
    ).rejects.toThrow("away");
    expect(await drainAll(spool)).toEqual([{ i: 1 }]);
    spool.close();
  });

  it("stops at a torn or damaged tail and goes on with the next segment", async () => {
    const at = folder();
    const first = new Spool({ folder: at });
    first.append({ i: 1 });
    first.append({ i: 2 });
    first.close();
    const [file] = fs.readdirSync(at).filter((name) => name.endsWith(".log"));
    const full = path.join(at, file ?? "");
    fs.truncateSync(full, fs.statSync(full).size - 3);
    const second = new Spool({ folder: at });
    second.append({ i: 3 });
    expect(await drainAll(second)).toEqual([{ i: 1 }, { i: 3 }]);
    second.close();
  });

  it("is bounded: beyond its size it counts what it drops", async () => {
    const spool = new Spool({ folder: folder(), maxBytes: 1_000 });
    const taken = Array.from({ length: 100 }, (_, i) => spool.append({ i, text: "0123456789" })).filter(
      Boolean,
    ).length;
    expect(taken).toBeGreaterThan(10);
    expect(spool.dropped).toBe(100 - taken);
    expect(await drainAll(spool)).toHaveLength(taken);
    spool.close();
  });
});
