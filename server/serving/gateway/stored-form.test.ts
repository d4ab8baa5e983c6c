import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { predictedOf } from "./predicted";
import { boundRecord, storedParameters, storedTensors, withoutValues } from "./stored-form";
import { tensorDigest } from "./tensor-digest";

const tensor = (datatype: string, shape: number[], data: ArrayLike<unknown>, name = "y") => ({
  name,
  datatype,
  shape,
  data,
});
const sha = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("what is kept of a request", () => {
  it("is all of it where it is small", () => {
    expect(storedTensors([tensor("FP32", [1, 2], Float32Array.of(0.5, 2))])).toEqual([
      { name: "y", datatype: "FP32", shape: [1, 2], data: [0.5, 2] },
    ]);
  });

  it("is the beginning of 20 million values in whole rows, with the digest of all", () => {
    const data = new Float32Array(20_000_001).fill(1);
    const [stored] = storedTensors([tensor("FP32", [6_666_667, 3], data)]);
    expect(stored?.data).toHaveLength(999);
    expect(stored?.truncated).toMatchObject({
      count: 20_000_001,
      kept: 999,
      digest: sha(new Uint8Array(data.buffer)),
    });
    expect(JSON.stringify(stored).length).toBeLessThan(5_000);
  });

  it("is bounded over all tensors and texts together, and always JSON", () => {
    const many = Array.from({ length: 400 }, (_, n) =>
      tensor(
        "BYTES",
        [50],
        Array.from({ length: 50 }, () => "x".repeat(5_000)),
        `t${n}`,
      ),
    );
    const text = JSON.stringify(storedTensors(many.slice(0, 20)));
    expect(text.length).toBeLessThan(600_000);
    expect(storedTensors(many)[0]?.data).toHaveLength(9);
    const odd = storedTensors([tensor("FP64", [4], [Number.NaN, Infinity, 2n ** 63n, undefined])]);
    expect(JSON.parse(JSON.stringify(odd))[0].data).toEqual([null, "Infinity", "9223372036854775808", null]);
  });

  it("has the parameters that it set, however many and long", () => {
    expect(storedParameters(undefined)).toBeNull();
    const asked = { factor: 0.5, shift: 2n ** 60n + 1n, weights: [1, null], options: { "a b": true } };
    expect(storedParameters(asked)).toEqual({ ...asked, shift: "1152921504606846977" });
    const long = Array.from({ length: 500 }, (_, n) => [`p${n}`, "x".repeat(10_000)]);
    expect(storedParameters(Object.fromEntries(long))).toMatchObject({ p0: `"${"x".repeat(1_999)}…` });
    expect(JSON.stringify(storedParameters(Object.fromEntries(long))).length).toBeLessThan(30_000);
    expect(withoutValues({ id: "prd_1", parameters: asked })).toEqual({ id: "prd_1", parameters: null });
  });

  it("has the digest of the protocol's binary form", () => {
    expect(tensorDigest("INT64", [1, -2])).toBe(sha(new Uint8Array(BigInt64Array.of(1n, -2n).buffer)));
    expect(tensorDigest("BOOL", [true, false])).toBe(sha(Uint8Array.of(1, 0)));
    expect(tensorDigest("BYTES", ["ä"])).toBe(sha(Uint8Array.of(2, 0, 0, 0, 0xc3, 0xa4)));
  });

  it("stays itself in records that are too large, or of an earlier release", () => {
    const record = { id: "prd_1", inputs: [tensor("INT64", [3], [1, 2, 3])], outputs: null, predicted: "1" };
    expect(withoutValues(record)).toMatchObject({
      id: "prd_1",
      predicted: "1",
      inputs: [
        { name: "y", data: [], truncated: { count: 3, kept: 0, digest: tensorDigest("INT64", [1, 2, 3]) } },
      ],
      outputs: null,
    });
    const old = {
      ...record,
      outputs: [
        tensor(
          "FP32",
          [200_000],
          Array.from({ length: 200_000 }, () => 0.25),
        ),
      ],
    };
    expect(JSON.stringify(boundRecord(old)).length).toBeLessThan(10_000);
    expect(boundRecord(record)).toEqual(record);
  });
});

describe("what is predicted", () => {
  const one = [tensor("FP32", [1, 3], [1, 2, 3], "x")];
  const three = [tensor("FP32", [3, 2], [1, 2, 3, 4, 5, 6], "x")];

  it("is the value of the target output, with its datatype and the model's confidence", () => {
    const outputs = [
      tensor("INT64", [1], [1], "label"),
      tensor("FP32", [1, 2], [0.25, 0.75], "probabilities"),
    ];
    expect(predictedOf(one, outputs, null)).toEqual({
      predicted: "1",
      datatype: "INT64",
      rows: 1,
      predictedRows: null,
      scored: 1,
      scoreSum: 0.75,
    });
  });

  it("is the most likely class where the target is a row of probabilities", () => {
    const outputs = [tensor("FP32", [1, 3], [0.1, 0.7, 0.2])];
    expect(predictedOf(one, outputs, null)).toMatchObject({ predicted: "1", datatype: "INT64", scored: 1 });
  });

  it("is one value for each row of a batch", () => {
    const outputs = [
      tensor("INT64", [3], [1n, 0n, 1n], "label"),
      tensor("FP32", [3, 2], [0.5, 0.5, 0.9, 0.1, 0, 1], "p"),
    ];
    expect(predictedOf(three, outputs, "label")).toEqual({
      predicted: null,
      datatype: "INT64",
      rows: 3,
      predictedRows: ["1", "0", "1"],
      scored: 3,
      scoreSum: 2.4,
    });
  });

  it("is a list for a ranking, nothing for an embedding, and bounded for millions of rows", () => {
    expect(predictedOf(one, [tensor("BYTES", [1, 2], ["cat", "dog"])], null)).toMatchObject({
      predicted: "cat, dog",
      predictedRows: [["cat", "dog"]],
    });
    expect(
      predictedOf(one, [tensor("FP32", [1, 768], new Float32Array(768).fill(3))], null).predicted,
    ).toBeNull();
    const large = predictedOf(
      [tensor("FP32", [20_000_000], [], "x")],
      [tensor("INT64", [20_000_000], new BigInt64Array(20_000_000))],
      null,
    );
    expect(large.rows).toBe(20_000_000);
    expect(large.predictedRows).toHaveLength(4_096);
  });
});
