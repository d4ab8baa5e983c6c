import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clip, firstCharacters, lastCharacters } from "./characters";

const PIECES = [
  "a",
  "ü",
  "u\u0308",
  "学",
  "🦆",
  "👩‍🔬",
  "\u{10ffff}",
  "\uffff",
  "\n",
  "\0",
  "\ud83e",
  "\udd86",
  "é".repeat(9),
];

/** Repeats itself, so that a failure can be looked at. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function generated(count: number): { text: string; limit: number }[] {
  const random = numbers(7);
  const upTo = (most: number) => Math.floor(random.next().value * most);
  return Array.from({ length: count }, () => ({
    text: Array.from({ length: upTo(40) }, () => PIECES[upTo(PIECES.length)]).join(""),
    limit: upTo(50),
  }));
}

const PROGRAM = `
import json, sys
def cut(case):
    text, limit = case["text"], case["limit"]
    return [text[:limit], text if len(text) <= limit else text[:max(limit - 1, 0)] + "\\u2026", text[-limit:] if limit else ""]
print(json.dumps([cut(case) for case in json.load(sys.stdin)]))
`;

describe("characters", () => {
  it("are cut as Python cuts them, halves of pairs included", () => {
    const cases = generated(4_000);
    const python = spawnSync("python3", ["-c", PROGRAM], {
      input: JSON.stringify(cases),
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(python.stderr).toBe("");
    const expected = z.array(z.array(z.string())).parse(JSON.parse(python.stdout));
    const actual = cases.map(({ text, limit }) => [
      firstCharacters(text, limit),
      clip(text, limit),
      lastCharacters(text, limit),
    ]);
    expect(actual).toEqual(expected);
  });

  it("leaves no half of a character of a text that has none", () => {
    const text = `${"x".repeat(5999)}🦆tail`;
    const cut = firstCharacters(text, 6000);
    expect([/\p{Surrogate}/u.test(cut), cut.endsWith("x🦆"), Array.from(cut).length]).toEqual([
      false,
      true,
      6000,
    ]);
  });

  it("are what limits of inputs count", () => {
    expect(z.string().max(3).safeParse("🦆🦆🦆").success).toBe(true);
    expect(z.string().max(3).safeParse("🦆🦆🦆a").success).toBe(false);
  });
});
