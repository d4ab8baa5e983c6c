import { describe, expect, it } from "vitest";
import { pathTo } from "./page-path";

describe("pathTo", () => {
  const visited = [null, "a", "b"];

  it("begins anew on the first page, whatever was visited", () => {
    expect(pathTo(null, visited)).toEqual([null]);
    expect(pathTo(null, ["a", "b"])).toEqual([null]);
  });

  it("ends with the shown page", () => {
    expect(pathTo("b", visited)).toEqual([null, "a", "b"]);
    expect(pathTo("a", visited)).toEqual([null, "a"]);
  });

  it("holds nothing before a page that was not visited", () => {
    expect(pathTo("x", visited)).toEqual(["x"]);
    expect(pathTo("x", [])).toEqual(["x"]);
  });

  it("does not carry the pages of one search into the next", () => {
    const next = [...pathTo(null, visited), "c"];
    expect(pathTo("c", next)).toEqual([null, "c"]);
    expect(pathTo("b", next)).toEqual(["b"]);
  });
});
