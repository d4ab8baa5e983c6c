import { describe, expect, it } from "vitest";
import type { Tensor } from "../model-runtime/port";
import { dataFromJson } from "../model-runtime/tensor-from-json";
import { AppError } from "@/server/core/errors";
import { decodeJson, encodeJson } from "./json-protocol";
import { EndpointFile, type JsonEndpoint } from "./schemas";

const tensor = (name: string, datatype: Tensor["datatype"], shape: number[], json: unknown): Tensor => ({
  name,
  datatype,
  shape,
  data: dataFromJson(datatype, shape, json, name),
});

const TABLE = { name: "x", datatype: "FP32", shape: [-1, 2] };
const file = (more: Record<string, unknown> = {}): JsonEndpoint => {
  const read = EndpointFile.parse({
    protocol: "http-json",
    url: "https://models.example.org/predict",
    inputs: [TABLE],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
    ...more,
  });
  return read.protocol === "http-json" ? read : expect.fail("another protocol");
};
const sent = (given: JsonEndpoint, inputs: Tensor[]) => JSON.parse(encodeJson(given, inputs)) as unknown;

describe("rows as they are sent", () => {
  const x = tensor("x", "FP32", [2, 2], [1, null, "Infinity", 4]);

  it.each([
    [
      { form: "instances" },
      {
        instances: [
          [1, null],
          ["Infinity", 4],
        ],
      },
    ],
    [
      { form: "inputs" },
      {
        inputs: [
          [1, null],
          ["Infinity", 4],
        ],
      },
    ],
    [
      { form: "dataframe_split" },
      {
        dataframe_split: {
          data: [
            [1, null],
            ["Infinity", 4],
          ],
        },
      },
    ],
    [
      { form: "dataframe_split", columns: ["age", "bmi"] },
      {
        dataframe_split: {
          columns: ["age", "bmi"],
          data: [
            [1, null],
            ["Infinity", 4],
          ],
        },
      },
    ],
  ])("one table by %o", (more, body) => expect(sent(file(more), [x])).toEqual(body));

  const two = {
    inputs: [
      { name: "a", datatype: "INT64", shape: [-1] },
      { name: "w", datatype: "BYTES", shape: [-1, 1] },
    ],
  };
  const columns = [tensor("w", "BYTES", [2, 1], ["ü", '"']), tensor("a", "INT64", [2], [2n ** 60n + 1n, -1])];

  it("several inputs by their names, whole numbers in all their digits", () => {
    expect(encodeJson(file(two), columns)).toBe(
      String.raw`{"instances":[{"a":1152921504606846977,"w":["ü"]},{"a":-1,"w":["\""]}]}`,
    );
    expect(encodeJson(file({ ...two, form: "inputs" }), columns)).toBe(
      String.raw`{"inputs":{"a":[1152921504606846977,-1],"w":[["ü"],["\""]]}}`,
    );
    expect(encodeJson(file({ ...two, form: "dataframe_split" }), columns)).toBe(
      String.raw`{"dataframe_split":{"columns":["a","w"],"data":[[1152921504606846977,"ü"],[-1,"\""]]}}`,
    );
  });

  it("with different numbers of rows are the caller's mistake, and so are bytes that are no text", () => {
    const short = tensor("a", "INT64", [1], [1]);
    expect(() => encodeJson(file(two), [columns[0] ?? short, short])).toThrow(/w holds 2 rows and a 1/);
    const odd: Tensor = { name: "w", datatype: "BYTES", shape: [1, 1], data: [Uint8Array.of(0xff)] };
    expect(() => encodeJson(file(two), [odd, short])).toThrow(/no text/);
  });
});

describe("what is answered", () => {
  const outputs = (...shapes: number[][]) => ({
    inputs: [],
    outputs: shapes.map((shape, at) => ({ name: `y${at}`, datatype: "FP32" as const, shape })),
  });
  const read = (body: unknown, rows: number, ...shapes: number[][]) =>
    decodeJson(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), outputs(...shapes), rows);

  it("is refused in words when it is nested without end", () => {
    const deep = `{"predictions":[${"[".repeat(100_000)}1${"]".repeat(100_000)}]}`;
    expect(() => read(deep, 1, [-1])).toThrow(AppError);
  });

  it("is a value or a list for each row, or an object by the outputs' names", () => {
    expect(read({ predictions: [1, 2] }, 2, [-1])).toMatchObject([
      { shape: [2], data: Float32Array.of(1, 2) },
    ]);
    expect(read({ predictions: [1, 2] }, 2, [-1, 1])).toMatchObject([{ shape: [2, 1] }]);
    expect(read({ predictions: [[1, 2]] }, 1, [-1, 2])).toMatchObject([{ shape: [1, 2] }]);
    expect(read({ predictions: [{ y0: 1, other: 5 }] }, 1, [-1])).toMatchObject([
      { data: Float32Array.of(1) },
    ]);
    expect(read({ predictions: [{ y1: [3, 4], y0: 1 }] }, 1, [-1], [-1, 2])).toMatchObject([
      { name: "y0", data: Float32Array.of(1) },
      { name: "y1", data: Float32Array.of(3, 4) },
    ]);
    expect(read({ predictions: [] }, 0, [-1, 2])).toMatchObject([{ shape: [0, 2] }]);
    expect(read('{"predictions": [NaN, -Infinity]}', 2, [-1])[0]?.data).toEqual(
      Float32Array.of(Number.NaN, -Infinity),
    );
  });

  it.each([
    ["no list", { predictions: 1 }, /no list/],
    ["an error with success", { error: "x" }, /no list/],
    ["too few rows", { predictions: [1] }, /1 rows for 2/],
    ["too many rows", { predictions: [1, 2, 3] }, /3 rows for 2/],
    ["uneven rows", { predictions: [[1, 2], [3]] }, /promises \[-1\]/],
    ["texts", { predictions: ["a", "b"] }, /must hold numbers/],
    ["numbers beyond the type", { predictions: [1e300, 1] }, /beyond FP32/],
    ["an object without the output", { predictions: [{ z: 1 }, { z: 2 }] }, /lacks the output "y0"/],
    ["a mixture", { predictions: [1, { z: 2 }] }, /lacks the output "y0"/],
    ["the prototype's names", '{"predictions": [{"__proto__": 1}, {"__proto__": 2}]}', /lacks the output/],
  ])("with %s is the endpoint's fault", (_name, body, message) => {
    try {
      read(body, 2, [-1]);
      expect.fail("it passed");
    } catch (error) {
      expect(error).toMatchObject({ code: "internal", message: expect.stringMatching(message) });
    }
  });
});

describe("a file that is refused, by the field", () => {
  const issues = (value: unknown) =>
    EndpointFile.safeParse(value).error?.issues.map(({ path }) => path.map(String).join(".")) ?? [];
  const oip = { protocol: "oip", url: "https://models.example.org", model: "m" };

  it.each([
    ["url", { ...oip, url: "https://user:pass@models.example.org" }],
    ["url", { ...oip, url: "https://models.example.org/?key=secret" }],
    ["url", { ...oip, url: "https://models.example.org/#" }],
    ["url", { ...oip, url: "file:///etc/passwd" }],
    ["url", { ...oip, url: "gopher://models.example.org" }],
    ["url", { ...oip, url: "models.example.org" }],
    ["model", { ...oip, model: "../../v1" }],
    ["model", { ...oip, model: "" }],
    ["version", { ...oip, version: "1/infer" }],
    ["timeoutMs", { ...oip, timeoutMs: 0 }],
    ["maxConcurrency", { ...oip, maxConcurrency: 10_000 }],
    ["credential", { ...oip, credential: "Not A Name" }],
    ["onChange", { ...oip, onChange: "ignore" }],
    ["", { ...oip, password: "x" }],
    ["protocol", { ...oip, protocol: "grpc" }],
    ["inputs", { ...file(), inputs: [{ ...TABLE, shape: [2] }] }],
    ["inputs", { ...file(), inputs: [TABLE, TABLE] }],
    ["outputs", { ...file(), outputs: [] }],
    ["healthPath", { ...file(), healthPath: "//evil.example/" }],
    ["healthPath", { ...file(), healthPath: String.raw`/\evil.example/` }],
    ["healthPath", { ...file(), healthPath: "ping" }],
    ["model", { ...oip, model: ".." }],
    ["columns", { ...file(), form: "dataframe_split", columns: ["only"] }],
    ["inputs", { ...file(), form: "dataframe_split", inputs: [{ ...TABLE, shape: [-1, 2, 2] }] }],
  ])("%s", (field, value) => expect(issues(value)).toContain(field));
});
