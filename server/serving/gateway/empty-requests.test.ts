import ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identityModel, rowModel } from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import { startTestGateway, type TestGateway } from "./testing-gateway";

/** Models by name, with the type of their input as the protocol and as ONNX Runtime call it. */
const MODELS = {
  floats: { bytes: identityModel("FP32", ["n", 2]), datatype: "FP32", type: "float32" },
  whole: { bytes: identityModel("INT64", ["n", 2]), datatype: "INT64", type: "int64" },
  texts: { bytes: identityModel("BYTES", ["n", 2]), datatype: "BYTES", type: "string" },
  flags: { bytes: identityModel("BOOL", ["n", 2]), datatype: "BOOL", type: "bool" },
  sum: { bytes: rowModel("sum"), datatype: "FP32", type: "float32" },
  reshaped: { bytes: rowModel("reshaped"), datatype: "FP32", type: "float32" },
  first: { bytes: rowModel("first"), datatype: "FP32", type: "float32" },
  largest: { bytes: rowModel("largest"), datatype: "FP32", type: "float32" },
} as const;
type Name = keyof typeof MODELS;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway(
    Object.fromEntries(Object.entries(MODELS).map(([name, { bytes }]) => [name, bytes])),
  );
});
afterAll(() => gateway.close());

/** What ONNX Runtime itself makes of no rows: shape and values of its answer, or nothing. */
async function plainly(name: Name) {
  const { bytes, type } = MODELS[name];
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  try {
    const { y } = await session.run({ x: new ort.Tensor(type, [], [0, 2]) });
    // JSON lacks the infinite ones.
    const data = y && Array.from<unknown>(y.data).map((each) => (each === -Infinity ? "-Infinity" : each));
    return y && { shape: y.dims, data };
  } catch {
    return undefined;
  } finally {
    await session.release();
  }
}

const HEADERS = { authorization: "Bearer good", "content-type": "application/json" };

async function ask(name: Name, how: "JSON" | "bytes") {
  const x = { name: "x", datatype: MODELS[name].datatype, shape: [0, 2] };
  const inputs = [how === "JSON" ? { ...x, data: [] } : { ...x, parameters: { binary_data_size: 0 } }];
  const body = JSON.stringify({ inputs });
  const response = await fetch(`${gateway.base}/v2/models/${name}/infer`, {
    method: "POST",
    headers:
      how === "JSON" ? HEADERS : { ...HEADERS, "inference-header-content-length": String(body.length) },
    body,
  });
  return { status: response.status, body: await response.json() };
}

describe("a request without rows", () => {
  const failing: Name[] = [];

  it.each(Object.keys(MODELS) as Name[])(
    "gets what ONNX Runtime itself answers, or is told to send rows: %s",
    async (name) => {
      const wanted = await plainly(name);
      if (!wanted) failing.push(name);
      for (const how of ["JSON", "bytes"] as const) {
        const { status, body } = await ask(name, how);
        if (wanted)
          expect({ status, outputs: body.outputs }).toMatchObject({ status: 200, outputs: [wanted] });
        else {
          expect({ status, body }).toMatchObject({
            status: 400,
            body: {
              error: expect.stringMatching(/^The input x holds no values .* Send at least one row\.$/),
            },
          });
          // Refused requests count for neither arm.
          expect(gateway.records.at(-1)).toMatchObject({ status: 400, outputs: null });
        }
      }
    },
  );

  it("was tried with models that cannot answer it", () => expect(failing.length).toBeGreaterThan(0));
});
