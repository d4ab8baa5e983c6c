import { describe, expect, it } from "vitest";
import { int64Of, momentOf } from "./int64";
import { Int64Input } from "./int64-input";

describe("whole numbers of 64 bits", () => {
  it.each([
    [5, 5],
    ["-7", -7],
    [9_007_199_254_740_991n, 9_007_199_254_740_991],
    ["9007199254740993", 9_007_199_254_740_993n],
    [1_730_000_000_123_456_789n, 1_730_000_000_123_456_789n],
    ["9223372036854775807", 2n ** 63n - 1n],
    ["-9223372036854775808", -(2n ** 63n)],
  ])("takes %s", (given, expected) => {
    expect(Int64Input.parse(given)).toBe(expected);
    expect(int64Of(String(given))).toBe(expected);
  });

  it.each([1.5, Number.NaN, "1.0", "", "x", true, null, 2n ** 63n, "-9223372036854775809", 1e300])(
    "refuses %s",
    (given) => {
      expect(Int64Input.safeParse(given).error?.issues[0]?.message).toMatch(/^must be a whole number/);
    },
  );

  it("are a moment for people, whatever they are", () => {
    expect(momentOf(1_730_000_000_000).toISOString()).toBe("2024-10-27T03:33:20.000Z");
    expect(momentOf(2n ** 62n).toISOString()).toBe("+275760-09-13T00:00:00.000Z");
  });
});
