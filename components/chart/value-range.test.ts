import { describe, expect, it } from "vitest";
import { valueRange } from "./value-range";

describe("valueRange", () => {
  it("spans 1 where nothing moves, whichever end is fixed", () => {
    expect(valueRange([0, null], 0, 0)).toEqual([0, 1]);
    expect(valueRange([null, 1], 1, 1)).toEqual([0, 1]);
    expect(valueRange([null, null], 5, 5)).toEqual([5, 6]);
  });

  it("goes a little beyond the data where an end is free", () => {
    expect(valueRange([0, null], 10, 110)).toEqual([0, 118]);
    expect(valueRange([null, 1], 0.5, 1)).toEqual([0.46, 1]);
  });

  it("has ends without any data", () => {
    expect(valueRange([0, null], null, null)).toEqual([0, 1.08]);
  });
});
