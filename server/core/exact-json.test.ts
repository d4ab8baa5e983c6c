import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactJsonText, parseExactJson } from "./exact-json";

describe("JSON with exact whole numbers", () => {
  it("keeps every whole number, and gives numbers where they hold it", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (big) => {
        const safe = Number.isSafeInteger(Number(big));
        expect(parseExactJson(`{"a": [${big}]}`)).toEqual({ a: [safe ? Number(big) : big] });
      }),
    );
  });

  it("is what JSON.parse gives otherwise, with long digits in texts and after points", () => {
    fc.assert(
      fc.property(fc.json(), fc.double({ noNaN: true, noDefaultInfinity: true }), (json, number) => {
        const text = `{"digits": "12345678901234567890", "number": ${JSON.stringify(number)}, "a": 1, "a": ${json}}`;
        const parsed = parseExactJson(text);
        if (!/(?<![.\d"])\d{16}/.test(text)) expect(parsed).toEqual(JSON.parse(text));
      }),
    );
    expect(parseExactJson('[0.12345678901234567, "9007199254740993", 12345678901234567.5]')).toEqual([
      Number("0.12345678901234567"),
      "9007199254740993",
      12_345_678_901_234_568,
    ]);
  });

  it("is written as it was read", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.jsonValue(), (big, value) => {
        const read = parseExactJson(`{"a": [${big}], "b": ${JSON.stringify(value)}}`);
        expect(parseExactJson(exactJsonText(read))).toEqual(read);
        expect(exactJsonText(read)).toContain(String(big));
      }),
    );
  });

  it.each(["", "{", "[12345678901234567,]", "[012345678901234567]", '{"a": 12345678901234567'])(
    "refuses %j",
    (text) => {
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
    },
  );
});

it("writes what JSON.stringify writes, and whole numbers beyond a double in their own digits", () => {
  const dropNull = (_key: string, item: unknown) => (item === null ? undefined : item);
  const plain = { a: [1, null, undefined, "x"], b: undefined, at: new Date(0), n: null };
  expect(exactJsonText(plain)).toBe(JSON.stringify(plain));
  expect(exactJsonText(plain, dropNull)).toBe(JSON.stringify(plain, dropNull));
  const long = { ...plain, step: 1_730_000_000_123_456_789n };
  const expected = JSON.stringify({ ...plain, step: "?" }, dropNull).replace('"?"', "1730000000123456789");
  expect(exactJsonText(long, dropNull)).toBe(expected);
});
