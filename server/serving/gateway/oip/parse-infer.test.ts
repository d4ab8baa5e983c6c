import { describe, expect, it } from "vitest";
import type { ModelSignature } from "@/server/adapters/model-runtime/port";
import { splitBody } from "./body";
import { parseInferRequest } from "./parse-infer";

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: "x", datatype: "FP32", shape: [-1, 2] },
    { name: "id", datatype: "INT64", shape: [-1] },
  ],
  outputs: [
    { name: "y", datatype: "FP32", shape: [-1, 3] },
    { name: "z", datatype: "INT64", shape: [-1] },
  ],
};
const X = { name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] };
const ID = { name: "id", datatype: "INT64", shape: [1], data: [7] };

const one = (datatype: ModelSignature["inputs"][number]["datatype"], shape = [-1]): ModelSignature => ({
  inputs: [{ name: "x", datatype, shape }],
  outputs: [{ name: "y", datatype, shape }],
});

/** Parses a body as it comes over the wire. */
function parse(json: string | object, binary?: Uint8Array, signature = SIGNATURE) {
  const head = Buffer.from(typeof json === "string" ? json : JSON.stringify(json));
  const body = splitBody(Buffer.concat([head, binary ?? new Uint8Array(0)]), binary && String(head.length));
  return parseInferRequest(body, signature);
}

describe("exact numbers", () => {
  it.each(["9007199254740993", "-9223372036854775808", "9223372036854775807"])("keeps %s", (digits) => {
    const { inputs } = parse(
      `{"inputs": [{"name": "x", "datatype": "INT64", "shape": [2], "data": [${digits}, 1]}]}`,
      undefined,
      one("INT64"),
    );
    expect(inputs[0]?.data).toEqual(new BigInt64Array([BigInt(digits), 1n]));
  });

  it("takes NaN as null, as text, and as the bare word that Python writes", () => {
    const { inputs } = parse(
      '{"id": "NaN [Infinity] \\" -Infinity", "inputs": [{"name": "x", "datatype": "FP32", "shape": [6], "data": [null, "NaN", NaN, Infinity, -Infinity, 12345678901234567890]}]}',
      undefined,
      one("FP32"),
    );
    expect(inputs[0]?.data).toEqual(
      new Float32Array([Number.NaN, Number.NaN, Number.NaN, Infinity, -Infinity, 12_345_678_901_234_567_000]),
    );
  });

  it.each([
    ["INT64", "9223372036854775808", "does not fit INT64"],
    ["FP32", "1e39", "beyond FP32"],
    ["FP64", "1e400", "beyond FP64"],
    ["FP32", "NaNs", "not valid JSON"],
    ["INT64", "NaN", "whole numbers"],
  ] as const)("%s refuses %s", (datatype, text, words) => {
    expect(() =>
      parse(
        `{"inputs": [{"name": "x", "datatype": "${datatype}", "shape": [1], "data": [${text}]}]}`,
        undefined,
        one(datatype),
      ),
    ).toThrow(words);
  });
});

describe("binary tensors", () => {
  const bytes = new Uint8Array(Float32Array.from([1, 2]).buffer);
  const inBytes = (size: number, more = {}) => ({
    name: "x",
    datatype: "FP32",
    shape: [1, 2],
    parameters: { binary_data_size: size },
    ...more,
  });

  it("takes bytes and JSON side by side, in the order of the inputs", () => {
    const id = new Uint8Array(BigInt64Array.of(2n ** 60n + 1n).buffer);
    const { inputs } = parse(
      { inputs: [{ ...inBytes(8), name: "id", datatype: "INT64", shape: [1] }, X] },
      id,
    );
    expect(inputs.map((input) => input.data)).toEqual([
      BigInt64Array.of(2n ** 60n + 1n),
      Float32Array.of(1, 2),
    ]);
  });

  it("converts between float datatypes as JSON does", () => {
    const wide = new Uint8Array(Float64Array.of(0.1, 1e38).buffer);
    const { inputs } = parse({ inputs: [{ ...inBytes(16), datatype: "FP64" }, ID] }, wide);
    expect(inputs[0]?.data).toEqual(Float32Array.of(0.1, 1e38));
    const far = new Uint8Array(Float64Array.of(0.1, 1e39).buffer);
    expect(() => parse({ inputs: [{ ...inBytes(16), datatype: "FP64" }, ID] }, far)).toThrow("beyond FP32");
  });

  it.each<[string, object, Uint8Array, string]>([
    ["too few bytes", { inputs: [inBytes(8), ID] }, bytes.subarray(4), "only 4 bytes follow"],
    ["too many bytes", { inputs: [inBytes(8), ID] }, Buffer.concat([bytes, bytes]), "8 bytes after those"],
    ["a size of another shape", { inputs: [inBytes(4), ID] }, bytes.subarray(4), "asks for 8"],
    [
      "a size that is a text",
      { inputs: [{ ...X, data: undefined, parameters: { binary_data_size: "8" } }, ID] },
      bytes,
      "binary_data_size: must be a whole number",
    ],
    ["a negative size", { inputs: [inBytes(-8), ID] }, bytes, "at least 0"],
    [
      "a size beyond all bounds",
      { inputs: [inBytes(Number.MAX_SAFE_INTEGER), ID] },
      bytes,
      "only 8 bytes follow",
    ],
    ["both forms at once", { inputs: [inBytes(8, { data: [1, 2] }), ID] }, bytes, "send one of them"],
    [
      "neither form",
      { inputs: [{ ...X, data: undefined }, ID] },
      new Uint8Array(0),
      "send it here, or its bytes",
    ],
    [
      "shared memory",
      { inputs: [inBytes(8, { parameters: { shared_memory_region: "a" } }), ID] },
      bytes,
      "shared memory",
    ],
  ])("refuses %s", (_what, json, binary, words) => {
    expect(() => parse(json, binary)).toThrow(words);
  });

  it("takes BYTES, and refuses those that the model would get changed", () => {
    const texts = (...each: Uint8Array[]) =>
      Buffer.concat(each.flatMap((text) => [Buffer.from(new Uint32Array([text.length]).buffer), text]));
    const send = (binary: Uint8Array, count: number) =>
      parse(
        {
          inputs: [
            { name: "x", datatype: "BYTES", shape: [count], parameters: { binary_data_size: binary.length } },
          ],
        },
        binary,
        one("BYTES"),
      );
    const [a, b] = [Buffer.from("a"), Buffer.from("ü🦆")];
    expect(send(texts(a, b), 2).inputs[0]?.data).toEqual(
      [new Uint8Array(a), new Uint8Array(b)].map((each) => expect.objectContaining({ length: each.length })),
    );
    expect(() => send(texts(Buffer.from("a\0b")), 1)).toThrow("zero byte in element 0");
    expect(() => send(texts(Buffer.from([0xff])), 1)).toThrow("no UTF-8 text");
    expect(() => send(texts(a), 2)).toThrow("too few for 2");
    expect(() => send(Buffer.from([255, 255, 255, 255, 1]), 1)).toThrow("ends within element 0");
    expect(() => send(texts(a, b), 1)).toThrow("after its 1 elements");
  });

  it("takes a raw request, and only where its shape is certain", () => {
    const raw = (signature: ModelSignature, binary: Uint8Array) =>
      parseInferRequest(splitBody(Buffer.from(binary), "0"), signature);
    const request = raw(one("FP32", [-1, 2]), Buffer.concat([bytes, bytes]));
    expect(request.inputs[0]).toMatchObject({ shape: [2, 2], data: Float32Array.of(1, 2, 1, 2) });
    expect(request.outputs).toEqual([{ name: "y", binary: true }]);
    expect(raw(one("BYTES", [1]), Buffer.from("text")).inputs[0]).toMatchObject({ shape: [1] });
    expect(() => raw(SIGNATURE, bytes)).toThrow("2 inputs");
    expect(() => raw(one("FP32", [-1, -1]), bytes)).toThrow("2 free dimensions");
    expect(() => raw(one("FP32", [-1, 2]), bytes.subarray(1))).toThrow("no multiple of the 8");
    expect(() => raw(one("FP32", [3]), bytes)).toThrow("asks for 12");
    expect(() => raw(one("BYTES", [2]), bytes)).toThrow("model wants [2]");
  });
});

describe("parameters", () => {
  it.each<[object, string]>([
    [{ sequence_id: 7 }, "parameters.sequence_id: sequences are not kept"],
    [{ sequence_id: "a", sequence_start: true }, "sequences are not kept"],
    [{ priority: 1 }, "parameters.priority: is 1"],
    [{ timeout: -1 }, "parameters.timeout"],
    [{ timeout: "soon" }, "parameters.timeout"],
    [{ triton_enable_empty_final_response: true }, "reserved for Triton"],
    [{ headers: "x" }, "headers"],
    [{ temperature: 0.5 }, "parameters.temperature: is no parameter"],
    [{ binary_data_output: 1 }, "must be true or false"],
    [[], "must be an object"],
  ])("%j is refused by its name", (parameters, words) => {
    expect(() => parse({ inputs: [X, ID], parameters })).toThrow(words);
  });

  it("honours the rest", () => {
    const parameters = {
      priority: 0,
      sequence_id: 0,
      timeout: 1500,
      content_type: "np",
      binary_data_output: true,
    };
    const request = parse({
      model_name: "m",
      inputs: [X, ID],
      parameters,
      outputs: [
        { name: "z", parameters: { binary_data: false } },
        { name: "y", parameters: { classification: 2 } },
      ],
    });
    expect(request.deadlineMs).toBe(1.5);
    expect(request.outputs).toEqual([
      { name: "z", binary: false },
      { name: "y", binary: true, classes: 2 },
    ]);
    expect(parse({ inputs: [X, ID], parameters: { timeout: 0 } }).deadlineMs).toBeUndefined();
  });

  const withOwn: ModelSignature = {
    ...SIGNATURE,
    parameters: ["factor", "shift", "headers", "timeout", "content_type"].map((name) => ({
      name,
      type: "string",
      isList: false,
      default: '""',
    })),
  };

  it("hands on what the model's signature names, exactly, and keeps what the protocol means", () => {
    const asked = (parameters: string) =>
      parse(
        `{"inputs": [${JSON.stringify(X)}, ${JSON.stringify(ID)}], "parameters": ${parameters}}`,
        undefined,
        withOwn,
      );
    expect(
      asked('{"factor": 0.1, "shift": 1152921504606846977, "headers": ["a"], "timeout": 1500}'),
    ).toMatchObject({
      deadlineMs: 1.5,
      parameters: { factor: 0.1, shift: 1_152_921_504_606_846_977n, headers: ["a"] },
    });
    expect(asked('{"content_type": "np"}').parameters).toEqual({ content_type: "np" });
    expect(asked('{"binary_data_output": true}').parameters).toBeUndefined();
    expect(() => asked('{"temperature": 1}')).toThrow(
      "parameters.temperature: is no parameter of this model; there is binary_data_output, priority, timeout, factor, shift",
    );
    expect(() => asked('{"sequence_id": 1}')).toThrow("sequences are not kept");
    // JSON has no infinity, and a missing value is something else.
    for (const far of ["1e999", "[1, -1e999]", '{"a": [1e999]}'])
      expect(() => asked(`{"factor": ${far}}`)).toThrow("parameters.factor: holds a number that is beyond");
  });

  it("asks for no input that may be left out", () => {
    const [x, id] = SIGNATURE.inputs.map((input) => ({ ...input, optional: true }));
    const [wanted] = SIGNATURE.inputs;
    if (!x || !id || !wanted) throw new Error("the signature has two inputs");
    const some = { ...SIGNATURE, inputs: [wanted, id] };
    expect(parse({ inputs: [X] }, undefined, some).inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(parse({ inputs: [ID, X] }, undefined, some).inputs).toHaveLength(2);
    expect(() => parse({ inputs: [ID] }, undefined, some)).toThrow("lacks x");
    expect(parse({}, undefined, { ...SIGNATURE, inputs: [x, id] }).inputs).toEqual([]);
  });

  it.each<[object, string]>([
    [{ inputs: [X, ID], instances: [] }, "instances: is not known here"],
    [{ inputs: [{ ...X, dtype: "FP32" }, ID] }, "inputs[0].dtype: is not known here"],
    [{ inputs: [X, ID], outputs: [{ name: "y", binary: true }] }, "outputs[0].binary: is not known here"],
    [{ inputs: [X, ID], outputs: [{ name: "y", parameters: { classification: 1.5 } }] }, "classification"],
    [{ inputs: [X, ID], outputs: [{ name: "y" }, { name: "y" }] }, "twice"],
    [{ inputs: [X, ID], id: 7 }, "id: must be a text"],
    [{ inputs: [X] }, "lacks id"],
    [{ inputs: [{ ...X, shape: [2 ** 40, 2] }, ID] }, "below 2^31"],
    [{ inputs: [{ ...X, shape: [1.5, 2] }, ID] }, "whole numbers"],
    [{ inputs: [{ ...X, shape: [1, 2, 1] }, ID] }, "3 dimensions"],
    [{ inputs: [{ ...X, datatype: "INT32" }, ID] }, "model wants FP32"],
    [{ inputs: [{ ...X, datatype: "fp32" }, ID] }, "model wants FP32"],
  ])("%j is refused", (json, words) => {
    expect(() => parse(json)).toThrow(words);
  });

  it("takes a model without inputs, and a tensor of any rank where the model names none", () => {
    const none: ModelSignature = { inputs: [], outputs: [{ name: "y", datatype: "FP32", shape: [2] }] };
    expect(parse({}, undefined, none).inputs).toEqual([]);
    expect(parse({ inputs: [] }, undefined, none).inputs).toEqual([]);
    for (const [shape, data] of [
      [[], 3],
      [[], [3]],
      [[1, 1], [[3]]],
    ])
      expect(
        parse({ inputs: [{ name: "x", datatype: "FP32", shape, data }] }, undefined, one("FP32", []))
          .inputs[0]?.data,
      ).toEqual(Float32Array.of(3));
  });
});
