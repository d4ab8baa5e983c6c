import { describe, expect, it } from "vitest";
import type { Tensor } from "@/server/adapters/model-runtime/port";
import { topClasses } from "./classification";
import { encodeInfer } from "./encode-infer";
import { withLabels } from "./labels";
import type { WantedOutput } from "./parse-infer";

const OUTPUTS: Tensor[] = [
  { name: "label", datatype: "INT64", shape: [2], data: BigInt64Array.of(9_007_199_254_740_993n, -1n) },
  { name: "p", datatype: "FP32", shape: [2, 3], data: Float32Array.of(0.5, 0.25, NaN, 3, 3, 7) },
  { name: 'te"xt', datatype: "BYTES", shape: [1], data: [Buffer.from("ü")] },
];
const SIGNATURE = withLabels(
  { inputs: [], outputs: OUTPUTS.map(({ name, datatype, shape }) => ({ name, datatype, shape })) },
  { outputs: [{ name: "p", featureNames: ["cat", "dog", "duck"] }, { name: "label" }] },
).outputs;

const encode = (wanted: WantedOutput[], outputs = OUTPUTS) =>
  encodeInfer({ name: "m", version: "3", id: "i", outputs, wanted, signature: SIGNATURE });

const json = (name: string, more = {}): WantedOutput => ({ name, binary: false, ...more });

describe("an answer", () => {
  it("writes whole numbers in their digits and a missing value as null", () => {
    const { body, headers } = encode([json("label"), json("p"), json('te"xt')]);
    expect(headers).toEqual({ "content-type": "application/json" });
    expect(String(body)).toContain('"data":[9007199254740993,-1]');
    expect(JSON.parse(String(body))).toMatchObject({
      model_name: "m",
      model_version: "3",
      id: "i",
      outputs: [{ name: "label" }, { data: [0.5, 0.25, null, 3, 3, 7] }, { name: 'te"xt', data: ["ü"] }],
    });
  });

  it("keeps the sign of zero, as every reader of JSON understands it", () => {
    const signed = (datatype: "FP32" | "FP64", data: Float32Array | Float64Array): Tensor[] => [
      { name: "p", datatype, shape: [4], data },
    ];
    for (const outputs of [
      signed("FP32", Float32Array.of(-0, 0, NaN, 0.5)),
      signed("FP64", Float64Array.of(-0, 0, NaN, 0.5)),
    ])
      // Python reads "-0" as a whole number, which has no sign.
      expect(String(encode([json("p")], outputs).body)).toContain('"data":[-0.0,0,null,0.5]');
  });

  it("puts bytes behind the JSON, in its order", () => {
    const { body, headers } = encode([
      { name: "p", binary: true },
      json("label"),
      { name: 'te"xt', binary: true },
    ]);
    const length = Number(headers["inference-header-content-length"]);
    const bytes = Buffer.from(body);
    const head: unknown = JSON.parse(bytes.subarray(0, length).toString());
    expect(head).toMatchObject({
      outputs: [
        { name: "p", parameters: { binary_data_size: 24 } },
        { name: "label", data: [9_007_199_254_740_992, -1] },
        { parameters: { binary_data_size: 6 } },
      ],
    });
    expect(bytes.length).toBe(length + 30);
    expect(bytes.subarray(length + 24).toString("hex")).toBe("02000000c3bc");
  });

  it("names the highest classes of each row, with their labels where they are known", () => {
    const { body } = encode([json("p", { classes: 2 })]);
    expect(JSON.parse(String(body))).toMatchObject({
      outputs: [
        {
          datatype: "BYTES",
          shape: [2, 2],
          data: ["0.500000:0:cat", "0.250000:1:dog", "7.000000:2:duck", "3.000000:0:cat"],
        },
      ],
    });
    const whole = topClasses(
      { name: "n", datatype: "INT64", shape: [3], data: BigInt64Array.of(1n, 2n ** 60n, 5n) },
      9,
      undefined,
    );
    expect(whole.shape).toEqual([3]);
    expect(whole.data).toEqual(
      ["1152921504606846976:1", "5:2", "1:0"].map((text) => new TextEncoder().encode(text)),
    );
    expect(() => encode([json('te"xt', { classes: 1 })])).toThrow("no highest values");
  });

  it("does not write bytes that are no text into JSON", () => {
    const data = [Buffer.from([0xff])];
    const outputs: Tensor[] = [{ name: "t", datatype: "BYTES", shape: [1], data }];
    expect(() => encode([json("t")], outputs)).toThrow("ask for it with binary_data");
    expect(Buffer.from(encode([{ name: "t", binary: true }], outputs).body).subarray(-1)).toEqual(
      Buffer.from([0xff]),
    );
  });
});
