import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { describe, expect, it } from "vitest";

/**
 * A child that is started without an environment gets ours, with whatever secrets of others stand in it (keys of a cloud, addresses of databases).
 * So each start in the server says what the child gets, and that is never all of ours.
 */
const STARTERS: Record<string, readonly string[]> = {
  "node:child_process": ["spawn", "spawnSync", "fork", "exec", "execSync", "execFile", "execFileSync"],
  "node:worker_threads": ["Worker"],
};

function startsOf(name: string, source: string): { starts: number; bare: string[] } {
  const { program, module } = parseSync(name, source);
  const starters = new Set<string>();
  const bare: string[] = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const wanted = STARTERS[moduleRequest.value.replace(/^(?!node:)/, "node:")];
    if (!wanted) continue;
    for (const { importName, localName } of entries) {
      if (importName.name === null) bare.push(`${name}: import its functions by name`);
      else if (wanted.includes(importName.name)) starters.add(localName.value);
    }
  }
  let starts = 0;
  const look = (node: { callee: unknown; arguments: unknown[]; start: number; end: number }) => {
    const { callee } = node;
    if (typeof callee !== "object" || callee === null || !("name" in callee)) return;
    if (!starters.has(String(callee.name))) return;
    starts += 1;
    const text = source.slice(node.start, node.end);
    // At the start of a line or after a brace or comma: an option, not a word of an argument.
    if (!/[{,]\s*(\/\/[^\n]*\s*)*env\s*[:,}]/.test(text) || /(env:\s*|\.\.\.)process\.env\s*[,}]/.test(text))
      bare.push(`${name}: ${text.slice(0, 80)}`);
  };
  new Visitor({ CallExpression: look, NewExpression: look }).visit(program);
  return { starts, bare };
}

const root = path.resolve(import.meta.dirname, "..");
const sources = readdirSync(path.join(root, "server"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|mjs)$/.test(name) && !/(\.test\.ts|testing.*)$/.test(name))
  .map((name) => path.join("server", name));

describe("what the server starts", () => {
  it("is told its environment, which is not ours", () => {
    const found = sources.map((name) => startsOf(name, readFileSync(path.join(root, name), "utf8")));
    expect(found.flatMap(({ bare }) => bare)).toEqual([]);
    expect(found.reduce((sum, { starts }) => sum + starts, 0)).toBeGreaterThan(10);
  });

  it.each([
    ['import { spawn } from "node:child_process"; spawn("a", { stdio: "ignore" });', 1],
    ['import { execFileSync as run } from "child_process"; run("a", ["env: b"], { cwd: "/" });', 1],
    ['import * as processes from "node:child_process"; processes.spawn("a");', 1],
    ['import { fork } from "node:child_process"; fork("a", [], { env: process.env });', 1],
    ['import { fork } from "node:child_process"; fork("a", [], { env: { ...process.env, A: "b" } });', 1],
    ['import { Worker } from "node:worker_threads"; new Worker("a");', 1],
    ['import { spawn } from "node:child_process"; spawn("a", { stdio: "ignore", env: { PATH } });', 0],
    ['import { Worker } from "node:worker_threads"; new Worker("a", { env: {} });', 0],
  ])("is judged by its words: %s", (source, faults) => {
    expect(startsOf("a.ts", source).bare).toHaveLength(faults);
  });
});
