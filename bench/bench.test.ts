import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "..");

/** The whole benchmark with the shortest rounds; it exits with 1 when an answer failed or a prediction is missing. */
async function quick(name: string, ...more: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    ["--import", "tsx", `bench/${name}.ts`, "--quick", ...more],
    {
      cwd: root,
      timeout: 150_000,
    },
  );
  return stdout;
}

describe("the benchmarks", { timeout: 180_000 }, () => {
  it("tracking compares log-metric and log-batch with a bare server", async () => {
    const text = await quick("tracking");
    expect(text.match(/ratio portal \/ bare Hono \+ insert: \d+\.\d\d /g)).toHaveLength(4);
    expect(text).not.toMatch(/failed [1-9]/);
  });

  it("runs begins, changes and annotates runs at 1, 8 and 32 callers", async () => {
    const text = await quick("runs", "--alone");
    for (const callers of ["1 connection", "8 connections", "32 connections"])
      expect(text.match(new RegExp(`, ${callers}\\n  portal +\\d+ requests/s`, "g"))).toHaveLength(3);
    expect(text).not.toMatch(/failed [1-9]/);
  });

  it("gateway compares with direct, and with nginx where there is one, and finds every prediction again", async () => {
    const text = await quick("gateway");
    for (const pair of ["gateway / direct", "gateway / isolated", "isolated / direct"])
      expect(text.match(new RegExp(`ratio ${pair}: \\d+\\.\\d\\d `, "g"))).toHaveLength(2);
    if (!text.includes("nginx is missing"))
      expect(text).toMatch(/ratio gateway \/ nginx \+ direct: \d+\.\d\d /);
    const [, answered, kept] = /answered (\d+) requests; (\d+) predictions/.exec(text) ?? [];
    expect(Number(answered)).toBeGreaterThan(0);
    expect(kept).toBe(answered);
  });

  it("rollout prints false alarms for equal versions and misses for worse ones", async () => {
    const text = await quick("rollout");
    const [equal = "", worse = ""] = text.split("Worse versions: promoted is a miss");
    expect(equal.match(/^advance when proven.* \d+\.\d %/gm)).toHaveLength(3);
    const missed = worse.match(/^advance when proven.* % +(\d+\.\d) % /gm) ?? [];
    expect(missed).toHaveLength(5);
    expect(worse).toMatch(/^advance when proven.*errors 1 % to 3 % +0\.0 %/m);
  });
});
