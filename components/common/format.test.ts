import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMetric,
  formatNames,
  formatPercent,
  formatRelative,
  shortDigest,
} from "./format";

describe("format", () => {
  it("writes durations in at most two units", () => {
    expect([0, 0.25, 950, 1500, 59_600, 75_000, 3_600_000, 90_000_000].map(formatDuration)).toEqual([
      "0 ms",
      "0.25 ms",
      "950 ms",
      "1.5 s",
      "1 min",
      "1 min 15 s",
      "1 h",
      "1 d 1 h",
    ]);
    expect(formatDuration(null)).toBe("–");
  });

  it("writes names in a row, many of them by their number", () => {
    const names = ["Ada", "Ben", "Cat", "Dan", "Eva"];
    expect([0, 1, 2, 3, 4, 5].map((count) => formatNames(names.slice(0, count)))).toEqual([
      "nobody",
      "Ada",
      "Ada and Ben",
      "Ada, Ben and Cat",
      "Ada, Ben, Cat and Dan",
      "Ada, Ben, Cat and 2 more",
    ]);
  });

  it("writes sizes, shares and counts with their units", () => {
    expect(formatBytes(1536)).toBe("1.5 KiB");
    expect(formatBytes(1_073_741_824n)).toBe("1 GiB");
    expect(formatPercent(0.1234)).toBe("12.3%");
    expect(formatCount(1, "run")).toBe("1 run");
    expect(formatCount(2000, "run")).toBe("2,000 runs");
  });

  it("keeps small metrics readable and says when a value is not a number", () => {
    expect(formatMetric(0.873_149)).toBe("0.8731");
    expect(formatMetric(1.234e-7)).toBe("1.234e-7");
    expect(formatMetric(Number.NaN)).toBe("NaN");
  });

  it("tells time relative to now", () => {
    expect(formatRelative(1000, 2000)).toBe("just now");
    expect(formatRelative(0, 240_000)).toBe("4 min ago");
    expect(formatRelative(7_200_000, 0)).toBe("in 2 h");
    expect(shortDigest("sha256:9f2cab45901dd0aa")).toBe("9f2cab45901d");
  });
});
