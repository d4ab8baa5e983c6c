import { execFileSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bytesSource, scanFile } from "./index";
import { isImportable, judgeImport } from "./pickle-imports";
import { walkPickle } from "./pickle-machine";
import { isPythonFloat, isPythonInt, isPythonLong, pythonDecimal } from "./python-number";

/** Another seed is for who looks for more. */
const SEED = process.env.MODELWORKS_PICKLE_SEED ?? "20261128";
const STREAMS = process.env.MODELWORKS_PICKLE_STREAMS ?? "8000";

function ask<T>(shape: z.ZodType<T>, ...args: string[]): T[] {
  const script = path.join(import.meta.dirname, "testing", "pickle-oracle.py");
  const answer = execFileSync("python3", ["-I", script, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 100_000,
    env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8" } as never,
  });
  return answer
    .trim()
    .split("\n")
    .map((line) => shape.parse(JSON.parse(line)));
}

const Observed = z.object({
  data: z.base64().transform((text) => Buffer.from(text, "base64")),
  imports: z.array(z.tuple([z.string(), z.string()])),
  calls: z.number(),
});

describe("beside Python's own unpicklers", () => {
  it("no stream that imports or calls passes, under any name", async () => {
    const observed = ask(Observed, "streams", SEED, STREAMS);
    const passed: string[] = [];
    let [harmful, harmless] = [0, 0];
    for (const [at, { data, imports, calls }] of observed.entries()) {
      const unsafe = imports
        .map(([module, name]) => ({ module, name }))
        .filter((one) => judgeImport({ ...one, called: false }) !== "allowed")
        .filter((one) => isImportable(one) || calls > 0);
      if (unsafe.length === 0) {
        harmless += 1;
        continue;
      }
      harmful += 1;
      for (const name of ["a.pkl", "a.bin", "a.txt", "a.json"]) {
        const { verdict } = await scanFile(bytesSource(data), { path: name });
        if (verdict === "pass") passed.push(`#${at} as ${name}: ${data.toString("latin1")}`);
      }
    }
    expect(
      passed.map((one) => JSON.stringify(one)).slice(0, 10),
      `seed ${SEED}: ${passed.length} passed`,
    ).toEqual([]);
    expect(harmful).toBeGreaterThan(1_000);
    expect(harmless).toBeGreaterThan(100);
  });

  it("a walk that comes to the end named every import that Python made", () => {
    const missed: string[] = [];
    let whole = 0;
    for (const { data, imports } of ask(Observed, "streams", `${SEED}1`, "3000")) {
      const walk = walkPickle(data);
      // Remarks are critical; a strange frame, for one, makes Python read other names.
      if (walk.end !== data.length || walk.remarks.size > 0) continue;
      whole += 1;
      const named = new Set(walk.imports.map((one) => `${one.module}\n${one.name}`));
      if (imports.some(([module, name]) => !named.has(`${module}\n${name}`)))
        missed.push(JSON.stringify([data.toString("latin1"), imports]));
    }
    expect(missed.slice(0, 5), `seed ${SEED}1: ${missed.length} missed`).toEqual([]);
    expect(whole).toBeGreaterThan(300);
  });

  it("text opcodes take exactly the numbers that Python takes", () => {
    const Taken = z.object({
      line: z.base64().transform((text) => Buffer.from(text, "base64")),
      taken: z.object({ INT: z.boolean(), LONG: z.boolean(), FLOAT: z.boolean(), PUT: z.boolean() }),
    });
    const wrong: string[] = [];
    for (const { line, taken } of ask(Taken, "numbers", SEED, "6000")) {
      const index = pythonDecimal(line);
      const ours = {
        INT: isPythonInt(line),
        LONG: isPythonLong(line),
        FLOAT: isPythonFloat(line),
        PUT: index !== undefined && index >= 0,
      };
      if (JSON.stringify(ours) !== JSON.stringify(taken))
        wrong.push(JSON.stringify({ line: line.toString("latin1"), ours, taken }));
    }
    expect(wrong.slice(0, 20), `seed ${SEED}: ${wrong.length} differ`).toEqual([]);
  });
});
