import { describe, expect, it } from "vitest";
import { bytesOf } from "../../tensor";
import { BatchSize, isLike, join, rowsOf, split, type RawTensor } from "./batch.mjs";

const texts = (...all: string[]) => bytesOf(all.map((text) => new TextEncoder().encode(text)));
const floats = (...all: number[]) => bytesOf(Float32Array.from(all));
const tensor = (index: number, datatype: string, shape: number[], bytes: Uint8Array) => ({
  index,
  datatype,
  shape,
  bytes,
});

/** Requests of one form with these numbers of rows; no two rows are the same. */
const requests = (counts: number[]) => {
  let row = 0;
  return counts.map((count) => {
    const rows = Array.from({ length: count }, () => (row += 1));
    return [
      tensor(0, "FP32", [count, 2], floats(...rows.flatMap((n) => [n, -n]))),
      tensor(1, "BYTES", [count], texts(...rows.map((n) => "é".repeat(n % 4)))),
      tensor(2, "BYTES", [count, 2], texts(...rows.flatMap((n) => [`${n}`, ""]))),
      tensor(3, "BOOL", [count, 0], new Uint8Array()),
    ];
  });
};

describe("requests that run together", () => {
  it.each([[[1, 1]], [[3, 1, 2]], [[1, 7, 1, 1, 4]]])("of %j rows get each its own back", (counts) => {
    const all = requests(counts);
    const joined = join(all);
    expect(rowsOf(joined)).toBe(counts.reduce((sum, count) => sum + count, 0));
    expect(joined.every(({ bytes }) => bytes.byteOffset % 8 === 0)).toBe(true);
    const plain = (list: readonly RawTensor[]) =>
      list.map(({ bytes, ...rest }) => ({ ...rest, bytes: [...bytes] }));
    expect(split(joined, counts).map(plain)).toEqual(all.map(plain));
  });

  it("have one form but for their number of rows", () => {
    const [[x, ...rest] = []] = requests([1]);
    if (!x) throw new Error("no tensor");
    expect(isLike([x, ...rest], [{ ...x, shape: [5, 2] }, ...rest])).toBe(true);
    for (const other of [{ datatype: "INT32" }, { shape: [1, 3] }, { shape: [1, 2, 1] }, { index: 7 }])
      expect(isLike([x], [{ ...x, ...other }])).toBe(false);
    expect(isLike([x], [x, ...rest])).toBe(false);
  });

  it("have rows that can be told", () => {
    const scalar = tensor(0, "FP32", [], floats(1));
    expect(rowsOf([scalar])).toBe(0);
    expect(rowsOf([])).toBe(0);
    expect(rowsOf([tensor(0, "FP32", [2], floats(1, 2)), tensor(1, "FP32", [1], floats(1))])).toBe(0);
  });

  it("are refused what does not answer row by row", () => {
    expect(() => split([tensor(0, "FP32", [1], floats(1))], [1, 1])).toThrow("row by row");
    expect(() => split([tensor(0, "FP32", [], floats(1))], [1])).toThrow("row by row");
  });
});

it("as many rows run together as are expected to end soon, and never more than are allowed", () => {
  const size = new BatchSize(64);
  expect(size.rows).toBe(64);
  size.saw(1, 10);
  expect(size.rows).toBe(5);
  size.saw(5, 1_000);
  expect(size.rows).toBe(0);
  for (let n = 0; n < 200; n += 1) size.saw(1, 0.1);
  expect(size.rows).toBe(64);
});
