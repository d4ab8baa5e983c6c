import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactJson } from "@/server/core/exact-json";
import { isFloat } from "./floats";
import { DATATYPES, type Datatype, type Tensor } from "./port";
import { bytesOf, dataFromBytes, elementCount, sliceRows } from "./tensor";
import { dataFromJson } from "./tensor-from-json";
import { jsonElements, jsonListText } from "./tensor-to-json";

const BYTES_OF: Record<Exclude<Datatype, "BYTES">, number> = {
  BOOL: 1,
  UINT8: 1,
  INT8: 1,
  UINT16: 2,
  INT16: 2,
  FP16: 2,
  BF16: 2,
  UINT32: 4,
  INT32: 4,
  FP32: 4,
  UINT64: 8,
  INT64: 8,
  FP64: 8,
};

const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** A tensor of any content that its datatype can have. */
const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...DATATYPES), shapes)
  .chain(([datatype, shape]): fc.Arbitrary<Tensor> => {
    const count = elementCount(shape);
    if (datatype === "BYTES")
      return fc.array(fc.string({ unit: "binary" }), { minLength: count, maxLength: count }).map((texts) => ({
        name: "x",
        datatype,
        shape,
        data: texts.map((text) => new TextEncoder().encode(text)),
      }));
    const size = count * BYTES_OF[datatype];
    return fc
      .uint8Array({ minLength: size, maxLength: size, max: datatype === "BOOL" ? 1 : 255 })
      .map((bytes) => ({ name: "x", datatype, shape, data: dataFromBytes(datatype, shape, bytes, "x") }));
  });

/** Elements in comparable form: every NaN is one. */
const seen = (tensor: Tensor) => jsonElements(tensor);

function nest(flat: unknown[], shape: readonly number[]): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return flat[0];
  const width = elementCount(rest);
  return Array.from({ length: size }, (_, i) => nest(flat.slice(i * width, (i + 1) * width), rest));
}

describe("a tensor of any datatype and shape", () => {
  it("is the same from its bytes, aligned or not", () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 0, max: 9 }), (tensor, offset) => {
        const bytes = bytesOf(tensor.data);
        const moved = new Uint8Array(bytes.byteLength + offset);
        moved.set(bytes, offset);
        const again = dataFromBytes(tensor.datatype, tensor.shape, moved.subarray(offset), "x");
        expect(Buffer.from(bytesOf(again))).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 1_000 },
    );
  });

  it("is the same from its JSON, flat or nested, except for the bits of NaN", () => {
    fc.assert(
      fc.property(tensors, fc.boolean(), (tensor, nested) => {
        const flat = parseExactJson(jsonListText(tensor) ?? JSON.stringify(jsonElements(tensor)));
        const json = nested && Array.isArray(flat) ? nest(flat, tensor.shape) : flat;
        const data = dataFromJson(tensor.datatype, tensor.shape, json, "x");
        expect(seen({ ...tensor, data })).toEqual(seen(tensor));
        if (!isFloat(tensor.datatype))
          expect(Buffer.from(bytesOf(data))).toEqual(Buffer.from(bytesOf(tensor.data)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives the same rows alone as within", () => {
    fc.assert(
      fc.property(
        tensors.filter((tensor) => tensor.shape.length > 0),
        (tensor) => {
          const rows = Array.from({ length: tensor.shape[0] ?? 0 }, (_, row) =>
            jsonElements(sliceRows(tensor, row, row + 1)),
          );
          expect(rows.flat()).toEqual(jsonElements(tensor));
        },
      ),
    );
  });

  it("refuses any other number of bytes", () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 9 }), (tensor, more) => {
        const bytes = bytesOf(tensor.data);
        const long = new Uint8Array(bytes.byteLength + more);
        long.set(bytes);
        expect(() => dataFromBytes(tensor.datatype, tensor.shape, long, "x")).toThrow(/^x: holds/);
        if (bytes.byteLength > 0)
          expect(() => dataFromBytes(tensor.datatype, tensor.shape, bytes.subarray(1), "x")).toThrow(/^x: /);
      }),
    );
  });
});

describe("values in JSON", () => {
  it.each<[Datatype, unknown, string]>([
    ["FP32", 1e39, "beyond FP32"],
    ["FP16", 65_520, "beyond FP16"],
    ["BF16", 3.4e38, "beyond BF16"],
    ["FP64", JSON.parse("1e400"), "beyond FP64"],
    ["FP32", "1.5", "must hold numbers"],
    ["FP32", true, "must hold numbers"],
    ["INT64", 1.5, "whole numbers"],
    ["INT64", 9_007_199_254_740_992, "in digits"],
    ["INT64", 9_223_372_036_854_775_808n, "does not fit INT64"],
    ["UINT64", -1, "does not fit UINT64"],
    ["UINT64", "18446744073709551616", "does not fit UINT64"],
    ["INT8", 128, "does not fit INT8"],
    ["UINT8", -1, "does not fit UINT8"],
    ["INT32", null, "whole numbers"],
    ["BOOL", 2, "must hold booleans"],
    ["BOOL", "true", "must hold booleans"],
    ["BYTES", 1, "must hold texts"],
    ["BYTES", "\ud800", "half of a surrogate pair"],
  ])("%s does not take %s", (datatype, value, text) => {
    expect(() => dataFromJson(datatype, [1], [value], "inputs[0].data")).toThrow(text);
  });

  it.each<[Datatype, unknown, unknown]>([
    ["INT64", 9_007_199_254_740_993n, "9007199254740993"],
    ["INT64", "-9223372036854775808", "-9223372036854775808"],
    ["UINT64", 18_446_744_073_709_551_615n, "18446744073709551615"],
    ["INT32", 3.0, 3],
    ["BOOL", 1, true],
    ["FP32", null, null],
    ["FP64", "NaN", null],
    ["FP64", "-inf", "-Infinity"],
    ["FP16", "Infinity", "Infinity"],
    ["FP16", 0.1, 0.0999755859375],
    ["FP16", 65_519, 65_504],
    ["BF16", 0.1, 0.10009765625],
    ["FP64", 12_345_678_901_234_567n, 12_345_678_901_234_568],
    ["BYTES", "a\0b 🦆", "a\0b 🦆"],
  ])("%s takes %s", (datatype, value, kept) => {
    const data = dataFromJson(datatype, [1], [value], "x");
    expect(jsonElements({ name: "x", datatype, shape: [1], data })).toEqual([kept]);
  });

  it.each<[string, number[], unknown]>([
    [
      "columns for rows",
      [2, 3],
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ],
    ["a level too many", [1, 3], [[[1, 2, 3]]]],
    ["a level too few", [1, 1, 3], [[1, 2, 3]]],
    ["a level in a flat list", [2], [[1], [2]]],
    ["mixed levels", [2, 2], [[1, 2], 3, 4]],
    ["ragged rows", [2, 2], [[1], [2, 3, 4]]],
    ["one element too few", [2, 2], [1, 2, 3]],
    ["no list", [1], 1],
    ["sizes that nobody can hold", [1, 4_000_000_000_000], [[1]]],
  ])("refuses %s", (_what, shape, json) => {
    expect(() => dataFromJson("FP32", shape, json, "inputs[0].data")).toThrow(/^inputs\[0\]\.data: /);
  });

  it("takes a tensor without dimensions bare or in a list", () => {
    for (const json of [7, [7]]) expect(dataFromJson("INT8", [], json, "x")).toEqual(new Int8Array([7]));
  });

  it("keeps bytes that are no text, marked as such", () => {
    const data = [new Uint8Array([0xff, 0x00])];
    expect(jsonElements({ name: "x", datatype: "BYTES", shape: [1], data })).toEqual([{ b64: "/wA=" }]);
  });
});
