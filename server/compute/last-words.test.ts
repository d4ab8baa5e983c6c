import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { lastWords } from "./last-words";

const asLog = (text: string) =>
  text
    .split("\n")
    .map((line) => `2026-01-02T03:04:05.678Z o ${line}`)
    .join("\n");
const wordsOf = (program: string, args: readonly string[]) => {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return lastWords(asLog(`epoch 1\n${stdout}${stderr}`));
};
const python = (code: string) => wordsOf("python3", ["-c", code]);

describe("what a failed program's log says last", () => {
  it("is the exception that Python raised, after all causes and whatever was printed later", () => {
    expect(python("int('abc')")).toBe("ValueError: invalid literal for int() with base 10: 'abc'");
    expect(python("import json; json.loads('{')")).toMatch(/^json\.decoder\.JSONDecodeError: Expecting/);
    expect(python("try:\n  1/0\nexcept Exception as e:\n  raise KeyError('late') from e")).toBe(
      "KeyError: 'late'",
    );
    expect(python("raise ValueError('two\\nlines')")).toBe("ValueError: two");
    expect(python("assert False")).toBe("AssertionError");
    expect(python("import atexit; atexit.register(print, 'bye'); [][1]")).toBe(
      "IndexError: list index out of range",
    );
  });

  it("is the error that Node printed", () => {
    expect(wordsOf(process.execPath, ["-e", "throw new TypeError('no such column')"])).toBe(
      "TypeError: no such column",
    );
  });

  it("is a line that calls itself an error, and nothing where there is none", () => {
    expect(lastWords(asLog("reading\nerror: file data.csv does not exist\nhelp: look again"))).toBe(
      "error: file data.csv does not exist",
    );
    expect(lastWords(asLog("mean error: 0.1\ndone"))).toBeUndefined();
    expect(lastWords("2026-01-02T03:04:05.678Z s error: ours")).toBeUndefined();
  });

  it("is cut by characters", () => {
    const words = lastWords(asLog(`error: ${"🦆".repeat(400)}`)) ?? "";
    expect(Array.from(words)).toHaveLength(300);
    expect(words.endsWith("🦆…")).toBe(true);
  });
});
