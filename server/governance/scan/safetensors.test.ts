import { describe, expect, it } from "vitest";
import { scanSafetensors } from "./safetensors";
import { bytesSource, scanFile } from "./index";

const file = (header: string | Buffer, data = 0, claim?: bigint) => {
  const body = Buffer.from(header);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(claim ?? BigInt(body.length));
  return Buffer.concat([head, body, Buffer.alloc(data)]);
};
const scan = (bytes: Uint8Array) => scanSafetensors(bytesSource(bytes));
const tensor = (shape: (number | string)[], begin: number | string, end: number | string, dtype = "I32") =>
  `{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`;

describe("safetensors", () => {
  it.each([
    ["no tensors", file("{}")],
    ["one tensor", file(`{"t":${tensor([2, 2], 0, 16)}}`, 16)],
    ["a zero-size tensor", file(`{"t":${tensor([2, 0], 0, 0)}}`)],
    ["a scalar", file(`{"t":${tensor([], 0, 4)}}`, 4)],
    ["padding", file(`{"t":${tensor([], 0, 4)}}   `, 4)],
    ["metadata", file(`{"__metadata__":{"format":"pt"},"t":${tensor([4], 0, 2, "F4")}}`, 2)],
    ["two tensors out of order", file(`{"b":${tensor([1], 4, 8)},"a":${tensor([1], 0, 4)}}`, 8)],
  ])("accepts %s", async (_, bytes) => {
    expect(scan(bytes)).toEqual([]);
    expect(await scanFile(bytesSource(bytes), { path: "m.safetensors" })).toMatchObject({
      format: "safetensors",
      verdict: "pass",
    });
  });

  const ten = Array.from({ length: 10 }, (_, at) => `"t${at}":${tensor([1], 0, 4)}`).join(",");
  it.each([
    ["an empty file", Buffer.alloc(0), "shorter than 8"],
    ["a huge header", file("{}", 0, 10n ** 12n), "claims"],
    ["a header beyond the file", file("{}", 0, 3n), "past the end"],
    ["a lone brace", file("{"), "unexpected text"],
    ["a header that is not UTF-8", file(Buffer.from([0x7b, 0xff, 0x7d])), "not UTF-8"],
    ["leading space", file(` {"t":${tensor([], 0, 4)}}`, 4), "does not start with {"],
    ["ten tensors on one range", file(`{${ten}}`, 4), "begins at 0"],
    ["a tail", file(`{"t":${tensor([2, 2], 0, 16)}}`, 18), "cover 16 of 18"],
    ["missing bytes", file(`{"t":${tensor([2, 2], 0, 16)}}`, 14), "cover 16 of 14"],
    ["a hole", file(`{"a":${tensor([1], 0, 4)},"b":${tensor([1], 8, 12)}}`, 12), "where 4 is due"],
    ["a size that does not fit", file(`{"t":${tensor([2, 3], 0, 16)}}`, 16), "needs 24"],
    [
      "a shape that overflows",
      file(`{"t":${tensor([2, "18446744073709551614"], 0, 16)}}`, 16),
      "larger than any file",
    ],
    [
      "a byte size that overflows",
      file(`{"t":${tensor([2, "9223372036854775807"], 0, 16)}}`, 16),
      "larger than any file",
    ],
    ["half a byte", file(`{"t":${tensor([1], 0, 1, "F4")}}`, 1), "whole byte"],
    ["reversed offsets", file(`{"t":${tensor([1], 4, 0)}}`, 4), "spans -4"],
    ["a negative size", file(`{"t":${tensor([-1], 0, 4)}}`, 4), "unexpected text"],
    ["an unknown dtype", file(`{"t":${tensor([1], 0, 4, "I33")}}`, 4), "dtype"],
    ["duplicate names", file(`{"t":${tensor([1], 0, 4)},"t":${tensor([1], 4, 8)}}`, 8), "duplicate key"],
    [
      "duplicate names by escape",
      file(`{"t":${tensor([1], 0, 4)},"\\u0074":${tensor([1], 4, 8)}}`, 8),
      "duplicate key",
    ],
    ["metadata that is not text", file(`{"__metadata__":{"a":1}}`), "__metadata__"],
    ["text after the header", file(`{}{}`), "text after"],
  ])("refuses %s", (_, bytes, message) => {
    const [finding] = scan(bytes);
    expect(finding).toMatchObject({ severity: "critical", message: expect.stringContaining(message) });
  });
});
