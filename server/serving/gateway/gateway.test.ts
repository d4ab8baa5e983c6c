import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import { zipMapModel } from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { makeRuntime, specOf } from "@/server/adapters/model-runtime/testing";
import { findRoute, infer, type PredictionRecord } from "./gateway";
import { modelCall } from "./model-calls";
import type { InferBody } from "./oip/body";
import { Statistics } from "./oip/statistics";
import { routeKey, type Route } from "./routes";
import { TEST_ACTOR } from "./testing-gateway";
import { isCanary } from "./split";

let runtime: ModelRuntime;
let route: Route;
const records: PredictionRecord[] = [];
const parts = {
  runtime: {} as ModelRuntime,
  routes: () => new Map([[routeKey("team_1", "risk"), route]]),
  record: (record: PredictionRecord) => records.push(record) > 0,
  statistics: new Statistics(),
};
const headers = { stickyKey: undefined, traceparent: undefined };
const bodyOf = (json: unknown): InferBody => ({ kind: "json", json, binary: new Uint8Array(0) });

/** The answer to a JSON body, read again. */
async function ask(json: unknown) {
  const answer = await infer(parts, route, { body: bodyOf(json), version: undefined, headers });
  const body: unknown = "payload" in answer ? JSON.parse(String(answer.payload)) : answer.body;
  return { status: answer.status, body };
}
const row = (data: unknown, shape = [1, 3]) => ({
  inputs: [{ name: "features", datatype: "FP32", shape, data }],
});

beforeAll(async () => {
  runtime = makeRuntime();
  parts.runtime = runtime;
  const signature = await runtime.load("a", specOf(linearModel([1, -1, 0.5])));
  const version = { id: "mv_1", number: 1, weightsDigest: "sha256:a", runtimeKey: "a", signature };
  route = {
    deploymentId: "dep_1",
    teamId: "team_1",
    name: "risk",
    environment: "production",
    generation: 1,
    feedbackTarget: null,
    stable: version,
    canary: { ...version, id: "mv_2", number: 2 },
    rolloutId: "rol_1",
    stage: 0,
    sharePercent: 10,
    digest: "sha256:r",
    refusals: [],
  };
});
afterAll(() => runtime.close());

describe("the Open Inference Protocol", () => {
  it("answers with metadata, flat and nested data, the caller's id, and a record of the prediction", async () => {
    expect(
      modelCall(parts, TEST_ACTOR, { kind: "metadata", name: "risk", version: undefined }),
    ).toMatchObject({
      status: 200,
      body: { name: "risk", inputs: [{ name: "features", datatype: "FP32", shape: [-1, 3] }] },
    });
    for (const data of [[1, 0, 0], [[1, 0, 0]]]) {
      const answer = await ask({ id: "mine", ...row(data) });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        model_name: "risk",
        id: "mine",
        outputs: [{ name: "label", datatype: "INT64", shape: [1, 1], data: [1] }, { name: "score" }],
      });
    }
    const last = records.at(-1);
    expect(last).toMatchObject({
      status: 200,
      predicted: "1",
      deploymentId: "dep_1",
      rolloutId: "rol_1",
      stage: 0,
      routeDigest: "sha256:r",
    });
  });

  it("returns the outputs that were asked for only", async () => {
    const answer = await ask({ ...row([1, 2, 3]), outputs: [{ name: "score" }] });
    expect((answer.body as { outputs: { name: string }[] }).outputs.map((output) => output.name)).toEqual([
      "score",
    ]);
  });

  it.each([
    ["no inputs", {}, "inputs"],
    ["a wrong element count", row([1, 2]), "asks for 3"],
    ["a wrong shape", row([1, 2], [1, 2]), "model wants"],
    ["a negative size", row([1, 2, 3], [-1, 3]), "0 or more"],
    [
      "an unknown input",
      { inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [1] }] },
      "no input of this model",
    ],
    [
      "integers for floats",
      { inputs: [{ name: "features", datatype: "INT64", shape: [1, 3], data: [1, 2, 3] }] },
      "model wants FP32",
    ],
    ["a number beyond the datatype", row([1, 2, 1e39]), "beyond FP32"],
    ["nesting of another shape", row([[1, 2], [3]]), "nested otherwise"],
    ["texts for numbers", row(["a", 2, 3]), "must hold numbers"],
    ["an input twice", { inputs: [...row([1, 2, 3]).inputs, ...row([1, 2, 3]).inputs] }, "twice"],
    ["an output twice", { ...row([1, 2, 3]), outputs: [{ name: "score" }, { name: "score" }] }, "twice"],
    ["an unknown output", { ...row([1, 2, 3]), outputs: [{ name: "nope" }] }, "no output of this model"],
  ])("refuses %s with 400 and names the field", async (_what, body, text) => {
    const answer = await ask(body);
    expect(answer.status).toBe(400);
    expect((answer.body as { error: string }).error).toContain(text);
  });

  it("hides a deployment of another team and refuses a token without the scope", () => {
    expect(() => findRoute(parts, { ...TEST_ACTOR, teamId: "team_2" }, "risk")).toThrow(
      /There is no deployment/,
    );
    expect(() => findRoute(parts, { ...TEST_ACTOR, scopes: ["read"] }, "risk")).toThrow(/scope/);
    expect(findRoute(parts, TEST_ACTOR, "risk")).toBe(route);
  });

  it("serves other requests while a large one runs in the worker", async () => {
    const rows = 200_000;
    const large = ask(
      row(
        Array.from({ length: rows * 3 }, (_, i) => i % 7),
        [rows, 3],
      ),
    );
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    expect((await large).status).toBe(200);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  it("says how to convert a model whose outputs are maps", async () => {
    await expect(runtime.load("z", specOf(zipMapModel()))).rejects.toThrow('options={"zipmap": False}');
  });

  it("says which file is no model", async () => {
    await expect(runtime.load("b", specOf(Buffer.from("hello")))).rejects.toThrow(/not a model/);
  });
});

describe("the traffic split", () => {
  const keys = Array.from({ length: 10_000 }, (_, i) => `customer-${i}`);
  const on = (share: number) => new Set(keys.filter((key) => isCanary("dep_1", key, share)));

  it.each([1, 5, 10, 25, 50])("sends %d %% of keys to the canary, within three sigma", (share) => {
    const expected = keys.length * (share / 100);
    const sigma = Math.sqrt(expected * (1 - share / 100));
    expect(Math.abs(on(share).size - expected)).toBeLessThan(3 * sigma);
  });

  it("keeps a key where it was while the share grows, and takes all at 100 %", () => {
    const small = on(10);
    const larger = on(25);
    for (const key of small) expect(larger.has(key)).toBe(true);
    expect(on(100).size).toBe(keys.length);
    expect(on(0).size).toBe(0);
  });
});
