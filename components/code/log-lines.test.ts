import { describe, expect, it } from "vitest";
import { cleanLine, findMatches, splitMatches } from "./log-lines";

describe("log lines", () => {
  it("drops colours, titles and rewritten progress", () => {
    expect(cleanLine("\u001B[31merror\u001B[0m done\r")).toBe("error done");
    expect(cleanLine("\u001B]0;title\u0007ok")).toBe("ok");
    expect(cleanLine("10%\r50%\r100%")).toBe("100%");
  });

  it("finds and cuts without regard to case", () => {
    expect(findMatches(["Epoch 1", "loss", "epoch 2"], "EPOCH")).toEqual([0, 2]);
    expect(findMatches(["a"], "")).toEqual([]);
    expect(splitMatches("aXbxc", "x")).toEqual(["a", "X", "b", "x", "c"]);
    expect(splitMatches("abc", "")).toEqual(["abc"]);
  });
});
