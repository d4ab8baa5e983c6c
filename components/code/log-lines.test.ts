import { describe, expect, it } from "vitest";
import { cleanLine, findMatches, headlineAt, splitMatches } from "./log-lines";

describe("log lines", () => {
  it("drops colours, titles and rewritten progress", () => {
    expect(cleanLine("\u001B[31merror\u001B[0m done\r")).toBe("error done");
    expect(cleanLine("\u001B]0;title\u0007ok")).toBe("ok");
    expect(cleanLine("10%\r50%\r100%")).toBe("100%");
  });

  it("finds the line that a headline quotes", () => {
    const lines = ["10:00:00 ValueError: no", "10:00:01 V", "10:00:02 ValueError: no", "10:00:03 ── ended"];
    expect(headlineAt(lines, "ValueError: no (exited with code 1).")).toBe(2);
    expect(headlineAt(lines, "Exited with code 1.")).toBe(-1);
    const long = "e".repeat(400);
    expect(headlineAt([`10:00:00 ${long}`], `${"e".repeat(299)}… (exited with code 1).`)).toBe(0);
  });

  it("finds and cuts without regard to case", () => {
    expect(findMatches(["Epoch 1", "loss", "epoch 2"], "EPOCH")).toEqual([0, 2]);
    expect(findMatches(["a"], "")).toEqual([]);
    expect(splitMatches("aXbxc", "x")).toEqual(["a", "X", "b", "x", "c"]);
    expect(splitMatches("abc", "")).toEqual(["abc"]);
  });
});
