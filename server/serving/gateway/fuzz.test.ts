import http from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { identityModel, pairModel } from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import { startTestGateway, type TestGateway } from "./testing-gateway";

let gateway: TestGateway;
let agent: http.Agent;
beforeAll(async () => {
  gateway = await startTestGateway({
    fp32: identityModel("FP32", ["n", 2]),
    bytes: identityModel("BYTES", ["n"]),
    pair: pairModel(),
  });
  agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
});
afterAll(async () => {
  agent.destroy();
  await gateway.close();
});

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

function send({ method, path, headers, body }: Sent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const req = http.request(
      {
        host: "127.0.0.1",
        port: gateway.port,
        agent,
        method,
        path,
        headers: { authorization: "Bearer good", ...headers, "content-length": body.length },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () =>
          resolve({ status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
      },
    );
    req.on("error", reject);
    req.end(body);
  });
}

const JSON_BODY = JSON.stringify({
  id: "a",
  parameters: { binary_data_output: false, timeout: 0 },
  inputs: [
    {
      name: "x",
      datatype: "FP32",
      shape: [2, 2],
      data: [
        [1, 2.5],
        [-3e2, 4],
      ],
    },
  ],
  outputs: [{ name: "y", parameters: { classification: 1 } }],
});
const HEAD = JSON.stringify({
  inputs: [
    { name: "id", datatype: "INT64", shape: [1], parameters: { binary_data_size: 8 } },
    { name: "text", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 7 } },
  ],
  parameters: { binary_data_output: true },
});
const BINARY = Buffer.concat([
  Buffer.from(HEAD),
  Buffer.from(BigInt64Array.of(9n).buffer),
  Buffer.from("\x03\0\0\0abc"),
]);

const STARTS: readonly Sent[] = [
  { method: "POST", path: "/v2/models/fp32/infer", headers: {}, body: Buffer.from(JSON_BODY) },
  {
    method: "POST",
    path: "/v2/models/pair/versions/1/infer",
    headers: { "inference-header-content-length": String(HEAD.length) },
    body: BINARY,
  },
  {
    method: "POST",
    path: "/v2/models/fp32/infer",
    headers: { "inference-header-content-length": "0" },
    body: Buffer.from(Float32Array.of(1, 2).buffer),
  },
  {
    method: "POST",
    path: "/v2/models/bytes/infer",
    headers: { "inference-header-content-length": "0" },
    body: Buffer.from("abc"),
  },
  { method: "POST", path: "/v2/repository/index", headers: {}, body: Buffer.from('{"ready": true}') },
  { method: "GET", path: "/v2/models/fp32/stats", headers: {}, body: Buffer.alloc(0) },
];

const TOKENS = [
  "null",
  "-1",
  "1e400",
  "9223372036854775808",
  "99999999999999999999999",
  "[]",
  "{}",
  "[[[",
  '"',
  "\\ud800",
  "NaN",
  "Infinity",
  "true",
  '"FP16"',
  '"BYTES"',
  '"data"',
  '"__proto__":{},',
  "\0",
  "\xff",
  ",",
  "2147483648",
  '"binary_data_size":-1,',
  '"sequence_id":1,',
]; // fmt: skip

/** Cuts a piece out of a body and puts something else in its place. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.integer({ min: 0, max: 12 }),
  put: fc.oneof(
    fc.constantFrom(...TOKENS).map((token) => Buffer.from(token, "latin1")),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  ),
});

const headerEdits = fc.dictionary(
  fc.constantFrom(
    "inference-header-content-length",
    "content-encoding",
    "content-type",
    "accept-encoding",
    "x-sticky-key",
  ),
  fc.constantFrom(
    "0",
    "1",
    "17",
    "-1",
    "99999999999",
    "1e3",
    "gzip",
    "deflate",
    "br",
    "identity;q=0",
    "application/json",
    "*",
  ),
  { maxKeys: 2 },
);

const requests = fc
  .tuple(
    fc.constantFrom(...STARTS),
    fc.array(edit, { maxLength: 3 }),
    headerEdits,
    fc.constantFrom("", "", "", "/", "//x", "?a=%ff", "/versions/2"),
    fc.constantFrom(undefined, undefined, undefined, "GET", "PUT", "HEAD"),
  )
  .map(([start, edits, headers, suffix, method]): Sent => {
    let { body } = start;
    for (const { at, cut, put } of edits) {
      const from = Math.floor(at * body.length);
      body = Buffer.concat([body.subarray(0, from), put, body.subarray(from + cut)]);
    }
    return {
      method: method ?? start.method,
      path: start.path + suffix,
      headers: { ...start.headers, ...headers },
      body,
    };
  });

it(
  "answers thousands of broken requests, each with an error that is the caller's, and lives",
  { timeout: 240_000 },
  async () => {
    const seen = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const answer = await send(request);
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400 && request.method !== "HEAD" && !("accept-encoding" in request.headers))
          expect(JSON.parse(answer.body)).toEqual({ error: expect.stringMatching(/\w{3}/) });
      }),
      { numRuns: 4_000 },
    );
    // The starting points themselves are answered, so what was broken came from something whole.
    for (const start of STARTS) expect((await send(start)).status).toBe(200);
    expect(seen.get(200)).toBeGreaterThan(100);
    expect(seen.get(400)).toBeGreaterThan(400);
  },
);
