import { describe, expect, test } from "vitest";
import { z } from "zod";
import { unstorableInWords, unstorableTextIn } from "./unstorable";
import { parseInput } from "./verb";

describe("what no text can hold in an input", () => {
  test.each([
    [{ name: "a\0" }, "name"],
    [{ list: ["fine", "a\0"] }, "list.1"],
    [
      {
        tags: [
          { key: "k", value: "fine" },
          { key: "\0", value: "v" },
        ],
      },
      "tags.1.key",
    ],
    [{ tags: { "a\0": 1 } }, "tags.a␀"],
    [{ name: "half \ud800" }, "name"],
    [{ list: ["😀", "\udc00 other half"] }, "list.1"],
    [{ tags: { "\ud800x": 1 } }, "tags.\uFFFDx"],
    ["\0", "input"],
    [
      { deep: JSON.parse(`${"[".repeat(5000)}"\\u0000"${"]".repeat(5000)}`) },
      expect.stringMatching(/^deep\.0/),
    ],
  ])("%# is found and named", (input, path) => {
    expect(unstorableTextIn(input)?.path).toEqual(path);
  });

  test.each([
    { a: "fine", b: [1, null, undefined, true], at: new Date() },
    "fine",
    "whole 😀 characters 👩‍🔬",
    null,
    { bytes: Buffer.from("\0") },
  ])("%# holds none", (input) => {
    expect(unstorableTextIn(input)).toBeUndefined();
  });

  test("is refused with the field's name and the next step, whatever the schema says", () => {
    const Input = z.object({ tags: z.array(z.object({ value: z.string() })), any: z.unknown().optional() });
    expect(() => parseInput(Input, { tags: [{ value: "a\0" }] })).toThrow(
      expect.objectContaining({
        code: "invalid",
        message: "tags.0.value: must not hold a zero byte",
        hint: expect.stringContaining("Remove"),
        details: { fields: { "tags.0.value": "must not hold a zero byte" } },
      }),
    );
    expect(() => parseInput(Input, { tags: [{ value: "\ud83d" }] })).toThrow(/half a character/);
    expect(() => parseInput(Input, { tags: [], any: { deep: ["\0"] } })).toThrow(/^any\.deep\.0: /);
  });
});

test("what the database says of a value is told in words, wherever in the chain of causes it stands", () => {
  const failed = (code: string) => new Error("query failed", { cause: Object.assign(new Error(), { code }) });
  expect(unstorableInWords(failed("22003"))).toMatch(/^A number is larger/);
  for (const code of ["22021", "22P05"])
    expect(unstorableInWords(failed(code))).toMatch(/^A text holds characters/);
  for (const code of ["23505", "22P02", "57P01"]) expect(unstorableInWords(failed(code))).toBeUndefined();
  expect(unstorableInWords("22003")).toBeUndefined();
});
