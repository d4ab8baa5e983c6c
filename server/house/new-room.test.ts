import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..", "..");
const guide = fs.readFileSync(path.join(root, "docs", "a-room-in-an-hour.md"), "utf8");
const blocks = [...guide.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({
  language: match[1] ?? "",
  file: match[2] ?? "",
  text: match[3] ?? "",
}));
const LINES_OUTSIDE = 3;

/** What the checks of a tree read; pages, pictures and templates of jobs do not matter here. */
const NEEDED = /^(app|components|db|scripts|server)\/|^[^/]+\.(json|ts|mjs)$/;

let copy: string;
const inCopy = (file: string) => path.join(copy, file);

/** A changed line replaces the one before it; a new one goes to the end. */
function change(file: string, difference: string): void {
  const lines = difference.split("\n").filter(Boolean);
  const [removed, added] = ["-", "+"].map((sign) =>
    lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1)),
  );
  const before = fs.readFileSync(inCopy(file), "utf8");
  for (const line of removed ?? []) expect(before.split("\n")).toContain(line);
  const after = removed?.[0]
    ? before.replace(removed[0], added?.[0] ?? "")
    : `${before}${added?.join("\n")}\n`;
  fs.writeFileSync(inCopy(file), after);
}

/** Runs one of our programs in the copy; what it says is shown when it fails. */
async function node(...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("VITEST")));
  const options = { cwd: copy, env: { ...env, NODE_ENV: "test" as const }, maxBuffer: 64 * 1024 ** 2 };
  try {
    return (await promisify(execFile)(process.execPath, args, options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${args.join(" ")}\n${stdout.slice(-6_000)}\n${stderr.slice(-2_000)}`, { cause: error });
  }
}

beforeAll(async () => {
  copy = fs.mkdtempSync(path.join(os.tmpdir(), "mw-new-room-"));
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  for (const file of listed.split("\n").filter((name) => NEEDED.test(name))) {
    if (fs.existsSync(path.join(root, file))) fs.cpSync(path.join(root, file), inCopy(file));
  }
  fs.symlinkSync(path.join(root, "node_modules"), inCopy("node_modules"));
  for (const { language, file, text } of blocks) {
    fs.mkdirSync(path.dirname(inCopy(file)), { recursive: true });
    if (language === "diff") change(file, text);
    else fs.writeFileSync(inCopy(file), text);
  }
});
afterAll(() => fs.rmSync(copy, { recursive: true, force: true }));

describe("a new room", () => {
  it("is its folders and at most three lines outside", () => {
    const outside = blocks.filter(
      ({ file }) => !/^(db\/schema|server|components|app\/\(portal\))\/parcels\b/.test(file),
    );
    const added = outside.flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith("+")));
    expect(outside.every(({ language }) => language === "diff")).toBe(true);
    expect(added).toHaveLength(LINES_OUTSIDE);
  });

  it("keeps the import rules", async () => {
    expect(await node("scripts/import-rules.mjs")).toContain(" 0 broken import rules");
  });

  it("has the types that its plate gives everybody", async () => {
    const config = {
      extends: "./tsconfig.json",
      include: ["server/parcels/*.ts", "components/parcels/*.tsx", "server/*/events.ts", "db/testing/*.ts"],
    };
    fs.writeFileSync(inCopy("tsconfig.room.json"), JSON.stringify(config));
    await node("node_modules/typescript/bin/tsc", "--noEmit", "--checkers", "1", "-p", "tsconfig.room.json");
  });

  it("is served by every door, searched, audited and linked", async () => {
    await node("scripts/db-generate.mjs", "add_parcels");
    const tests = ["server/parcels", "server/plates", "server/house/doors.test.ts"];
    await node("node_modules/vitest/vitest.mjs", "run", "--config", "vitest.config.ts", ...tests);
  });
});
