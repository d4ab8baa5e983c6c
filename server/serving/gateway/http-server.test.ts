import type { Server } from "node:http";
import net from "node:net";
import { gzipSync } from "node:zlib";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lookupModel, loopModel } from "@/server/adapters/model-runtime/onnx/testing-hostile-models";
import { linearModel } from "@/server/adapters/model-runtime/onnx/testing-model";
import type { ModelRuntime } from "@/server/adapters/model-runtime/port";
import { makeRuntime, specOf } from "@/server/adapters/model-runtime/testing";
import { unauthenticated } from "@/server/core/context";
import type { PredictionRecord } from "./gateway";
import { createGatewayServer } from "./http-server";
import { GatewayMetrics } from "./metrics";
import { MAX_BODY_BYTES } from "./read-body";
import { Statistics } from "./oip/statistics";
import { routeKey, type Route } from "./routes";
import { TEST_ACTOR } from "./testing-gateway";

const GOOD = { inputs: [{ name: "features", datatype: "FP32", shape: [1, 3], data: [1, 2, 3] }] };

let runtime: ModelRuntime;
let server: Server;
let base: string;
let port: number;
const routes = new Map<string, Route>();
const records: PredictionRecord[] = [];
const registry = new Registry();
let metrics: GatewayMetrics;
let known = true;

beforeAll(async () => {
  runtime = makeRuntime();
  const loadAs = async (key: string, model: Uint8Array, deadlineMs?: number) => ({
    weightsDigest: `sha256:${key}`,
    runtimeKey: key,
    signature: await runtime.load(key, specOf(model, { deadlineMs })),
  });
  const load = (key: string, weights: number[]) => loadAs(key, linearModel(weights));
  const stable = { id: "mv_1", number: 1, ...(await load("three", [1, -1, 0.5])) };
  const other = { id: "mv_2", number: 2, ...(await load("two", [1, -1])) };
  const route: Route = {
    deploymentId: "dep_1",
    teamId: "team_1",
    name: "risk",
    environment: "production",
    generation: 1,
    feedbackTarget: null,
    stable,
    canary: undefined,
    rolloutId: "",
    stage: -1,
    sharePercent: 0,
    digest: "sha256:r",
    refusals: [],
  };
  routes.set(routeKey("team_1", "risk"), route);
  routes.set(routeKey("team_1", "narrow"), {
    ...route,
    name: "narrow",
    canary: other,
    rolloutId: "rol_1",
    stage: 0,
    sharePercent: 100,
  });
  const own = async (name: string, model: Uint8Array) => {
    const deploymentId = `dep_${name}`;
    const version = { id: "mv_3", number: 3, ...(await loadAs(`${deploymentId}/mv_3`, model, 300)) };
    routes.set(routeKey("team_1", name), { ...route, deploymentId, name, stable: version });
  };
  await own("lookup", lookupModel());
  await own("loop", loopModel());
  metrics = new GatewayMetrics({
    registry,
    runtime,
    served: () =>
      [...routes.values()].flatMap((each) => (each.stable ? [{ ...each.stable, route: each }] : [])),
  });
  const record = (each: PredictionRecord) => {
    metrics.observe(each);
    return records.push(each) > 0;
  };
  server = createGatewayServer({
    parts: { runtime, routes: () => (known ? routes : undefined), record, statistics: new Statistics() },
    callers: {
      actor: async (token) => {
        if (token !== "good") throw unauthenticated();
        return TEST_ACTOR;
      },
    },
    version: "1",
    isReady: () => known,
    limits: { headersMs: 300, requestMs: 600 },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address ? address.port : 0;
  base = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await runtime.close();
});

interface Call {
  method?: string;
  body?: BodyInit;
  headers?: Record<string, string>;
}

async function call(where: string, { method = "GET", body, headers = {} }: Call = {}) {
  const response = await fetch(`${base}${where}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: { authorization: "Bearer good", ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text ? JSON.parse(text) : undefined) as { error?: string; [key: string]: unknown },
  };
}

const infer = (body: BodyInit, headers: Record<string, string> = {}, name = "risk") =>
  call(`/v2/models/${name}/infer`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });

describe("every failure is JSON with an error, whatever was sent", () => {
  it.each<[string, string, Call, number]>([
    ["an unknown route", "/nothing", {}, 404],
    ["the root", "/", {}, 404],
    ["a route of another protocol", "/v1/chat/completions", { method: "POST", body: "{}" }, 404],
    ["an unknown model", "/v2/models/nope", {}, 404],
    ["broken escapes in a name", "/v2/models/%E0%A4%A/infer", { method: "POST", body: "{}" }, 404],
    ["a path that climbs", "/v2/models/..%2F..%2Fetc", {}, 404],
    ["GET of infer", "/v2/models/risk/infer", {}, 405],
    ["DELETE of a model", "/v2/models/risk", { method: "DELETE" }, 405],
    ["POST of health", "/v2/health/live", { method: "POST", body: "{}" }, 405],
    ["a version that is not in use", "/v2/models/risk/versions/7", {}, 404],
    ["a version that is no number", "/v2/models/risk/versions/latest/ready", {}, 404],
    ["loading by hand", "/v2/repository/models/risk/load", { method: "POST", body: "{}" }, 404],
    ["GET of the index", "/v2/repository/index", {}, 405],
    ["an index with another field", "/v2/repository/index", { method: "POST", body: '{"a": 1}' }, 400],
    ["no token", "/v2/models/risk", { headers: { authorization: "" } }, 401],
  ])("%s", async (_what, where, request, status) => {
    const answer = await call(where, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.body.error).toMatch(/\w{3}/);
  });

  it.each<[string, BodyInit, Record<string, string>, number, string]>([
    ["an empty body", "", {}, 400, "not valid JSON"],
    ["half a body", '{"inputs": [', {}, 400, "not valid JSON"],
    ["a list", "[]", {}, 400, "JSON object"],
    ["deep nesting", "[".repeat(250_000), {}, 400, "nested deeper"],
    ["a form", "a=1", { "content-type": "application/x-www-form-urlencoded" }, 415, "application/json"],
    ["an unknown encoding", "{}", { "content-encoding": "br" }, 415, "content-encoding"],
    ["a false encoding", "{}", { "content-encoding": "gzip" }, 400, "not gzip"],
    ["a bomb", gzipSync(Buffer.alloc(64 * 1024 * 1024)), { "content-encoding": "gzip" }, 413, "larger"],
    ["a body too large", "x".repeat(MAX_BODY_BYTES + 1), {}, 413, "larger"],
    [
      "a header longer than the body",
      "{}",
      { "inference-header-content-length": "99999999999" },
      400,
      "2 bytes",
    ],
    [
      "a header length of 10^30",
      "{}",
      { "inference-header-content-length": "1".repeat(31) },
      400,
      "number of bytes",
    ],
    ["a negative header length", "{}", { "inference-header-content-length": "-1" }, 400, "number of bytes"],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}, 400, "not UTF-8"],
  ])("%s", async (_what, body, headers, status, text) => {
    const answer = await infer(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(text);
    expect((await call("/v2/health/live")).body).toEqual({ live: true });
  });

  it("bytes that are no HTTP, and a body too large that comes in pieces", async () => {
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let heard = "";
        const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
        socket.on("data", (data) => (heard += data.toString()));
        socket.on("close", () => resolve(heard));
        socket.on("error", (error) => (heard ? resolve(heard) : reject(error)));
      });
    const nonsense = await say("HELLO\r\n\r\n");
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    expect(nonsense).toContain('{"error":');
    const headers = await say(`GET /v2 HTTP/1.1\r\nhost: x\r\na: ${"b".repeat(40_000)}\r\n\r\n`);
    expect(headers).toMatch(/^HTTP\/1\.1 431 /);
    const extensions = await say(
      `POST /v2/models/risk/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\ntransfer-encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`,
    );
    expect(extensions).toMatch(/^HTTP\/1\.1 413 /);
    expect(extensions).toContain('{"error":"The chunks of the body carry too many extensions.');
    const size = MAX_BODY_BYTES + 100_000;
    const chunk = `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
    const pieces = await say(
      `POST /v2/models/risk/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\ntransfer-encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`,
    );
    expect(pieces).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("the protocol", () => {
  it("answers health, server and model calls, with and without a trailing slash", async () => {
    expect((await call("/v2/health/ready/")).body).toEqual({ ready: true, live: true });
    expect((await call("/v2/")).body).toMatchObject({ name: "modelworks" });
    expect((await call("/v2/models/risk/ready")).body).toEqual({ name: "risk", ready: true });
    expect((await call("/v2/models/risk/")).body).toMatchObject({ platform: "onnx_onnxv1", versions: ["1"] });
    expect((await call("/v2/health/live", { method: "HEAD" })).status).toBe(200);
  });

  it("takes a packed body, and JSON under another or no content-type", async () => {
    const text = JSON.stringify(GOOD);
    for (const answer of [
      await infer(gzipSync(text), { "content-encoding": "gzip" }),
      await infer(text, { "content-type": "text/plain" }),
      await infer(text, { "content-type": "application/json; charset=utf-8" }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-prediction-id")).toBe(answer.body.id);
    }
  });
});

describe("a canary that takes other inputs than the stable version", () => {
  it("fails the request by its own fault, but not one that the stable version refuses too", async () => {
    const own = await infer(JSON.stringify(GOOD), {}, "narrow");
    expect(own.status).toBe(500);
    expect(own.body.error).toContain("refuses a request that the stable version answers");
    expect(own.body.error).toContain("the model wants [-1, 2]");
    expect(records.at(-1)).toMatchObject({ arm: "canary", status: 500 });
    const theirs = await infer('{"inputs": []}', {}, "narrow");
    expect(theirs.status).toBe(400);
    expect(records.at(-1)).toMatchObject({ arm: "canary", status: 400 });
    const fits = { inputs: [{ name: "features", datatype: "FP32", shape: [1, 2], data: [1, 2] }] };
    expect((await infer(JSON.stringify(fits), {}, "narrow")).status).toBe(200);
  });
});

describe("versions in the address", () => {
  it("are answered by the arm that serves them, and by none else", async () => {
    const fits = JSON.stringify({
      inputs: [{ name: "features", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
    });
    const at = (version: string, body: string) =>
      call(`/v2/models/narrow/versions/${version}/infer`, { method: "POST", body });
    expect((await at("1", JSON.stringify(GOOD))).headers.get("x-arm")).toBe("stable");
    const canary = await at("2", fits);
    expect(canary.body).toMatchObject({ model_version: "2" });
    expect(records.at(-1)).toMatchObject({ arm: "canary", versionId: "mv_2" });
    const gone = await at("3", fits);
    expect(gone.status).toBe(404);
    // Who names the canary cannot make it fail by sending what only the stable version takes.
    expect((await at("2", JSON.stringify(GOOD))).status).toBe(400);
    expect(gone.body.error).toContain("version 1 (stable) and version 2 (canary) do.");
    expect((await call("/v2/models/narrow/versions/2")).body).toMatchObject({
      versions: ["1", "2"],
      inputs: [{ shape: [-1, 2] }],
    });
    expect((await call("/v2/models/narrow/versions/2/ready")).body).toEqual({ name: "narrow", ready: true });
    expect((await call("/v2/models/risk/versions/2/ready")).status).toBe(404);
  });
});

describe("what a caller asks of the answer", () => {
  it("gets a list, an index and numbers of its own team", async () => {
    expect((await call("/v2/models")).body).toEqual({ models: ["lookup", "loop", "narrow", "risk"] });
    const index = await call("/v2/repository/index", { method: "POST", body: '{"ready": true}' });
    expect(index.body).toHaveLength(5);
    expect((await call("/v2/repository/index", { method: "POST" })).body).toHaveLength(5);
    expect((await call("/v2/models/risk/config")).body).toMatchObject({
      max_batch_size: 0,
      input: [{ name: "features", data_type: "TYPE_FP32", dims: [-1, 3] }],
    });
    await infer(JSON.stringify(GOOD));
    const { body } = await call("/v2/models/risk/stats");
    expect(body).toMatchObject({ model_stats: [{ name: "risk", version: "1" }] });
  });

  it("is not kept waiting longer than it wants, and the model is not blamed", async () => {
    const rows = 200_000;
    const large = {
      parameters: { timeout: 1 },
      inputs: [{ name: "features", datatype: "FP32", shape: [rows, 3], data: Array(rows * 3).fill(1) }],
    };
    const answer = await infer(JSON.stringify(large));
    expect(answer.status).toBe(504);
    expect(answer.body.error).toContain("timeout of 0.001 ms has passed");
    expect(records.at(-1)?.status).toBe(499);
  });

  it("is packed as it accepts it", async () => {
    const raw = await fetch(`${base}/v2/models/risk/infer`, {
      method: "POST",
      headers: { authorization: "Bearer good", "accept-encoding": "deflate" },
      body: JSON.stringify(GOOD),
    });
    expect(raw.headers.get("content-encoding")).toBe("deflate");
    expect(await raw.json()).toMatchObject({ model_name: "risk" });
  });

  it("keeps a missing value as null with the prediction", async () => {
    const missing = { inputs: [{ name: "features", datatype: "FP32", shape: [1, 3], data: [null, 2, 3] }] };
    expect((await infer(JSON.stringify(missing))).body).toMatchObject({ outputs: [{}, { data: [null] }] });
    expect(records.at(-1)).toMatchObject({
      inputs: [{ data: [null, 2, 3] }],
      outputs: [{}, { data: [null] }],
    });
  });
});

describe("a fault of the model", () => {
  const whole = (name: string, ...values: (string | number)[]) =>
    JSON.stringify({ inputs: [{ name, datatype: "INT64", shape: [values.length], data: values }] });

  it("is 500 with its reason, and counts as an error of its arm; the caller's is 400 and counts for none", async () => {
    const beyond = await infer(whole("at", 99), {}, "lookup");
    expect(beyond.status).toBe(500);
    expect(beyond.body.error).toContain("indices element out of data bounds, idx=99");
    expect(records.at(-1)).toMatchObject({ arm: "stable", status: 500, deploymentId: "dep_lookup" });
    expect((await infer(whole("at", "x"), {}, "lookup")).status).toBe(400);
    expect(records.at(-1)).toMatchObject({ status: 400 });
    expect((await infer(whole("at", 3), {}, "lookup")).body).toMatchObject({ outputs: [{ data: [40] }] });
  });

  it("is 504 at the deadline, and 503 with the time to wait while it cannot be asked", async () => {
    const began = performance.now();
    const stuck = await infer(whole("rounds", "1000000000000000"), {}, "loop");
    expect(performance.now() - began).toBeGreaterThanOrEqual(299);
    expect(stuck.status).toBe(504);
    expect(stuck.body.error).toContain("took longer than 300 ms");
    expect(records.at(-1)).toMatchObject({ arm: "stable", status: 504, deploymentId: "dep_loop" });
    const loop = routes.get(routeKey("team_1", "loop"));
    if (!loop) throw new Error("no route");
    routes.set(routeKey("team_1", "loop"), { ...loop, stable: undefined });
    const unserved = await infer(whole("rounds", 1), {}, "loop");
    expect(unserved.status).toBe(503);
    expect(unserved.headers.get("retry-after")).toBe("1");
    routes.set(routeKey("team_1", "loop"), loop);
  });

  it("is in /metrics by deployment, version and arm, and goes with the version", async () => {
    const text = await registry.metrics();
    const labels = (name: string) => `team="team_1",deployment="${name}",version="3",arm="stable"`;
    expect(text).toContain(`modelworks_inference_requests_total{${labels("lookup")},status="500"} 1`);
    expect(text).toContain(`modelworks_inference_errors_total{${labels("lookup")}} 1`);
    expect(text).toMatch(new RegExp(`modelworks_inference_seconds_count\\{${labels("lookup")}\\} 3`));
    expect(text).toMatch(new RegExp(`modelworks_model_resident_bytes\\{${labels("lookup")}\\} \\d{8}`));
    for (const gauge of ["queued", "in_flight", "restarts"])
      expect(text).toContain(`modelworks_model_${gauge}{${labels("lookup")}}`);
    const lookup = routes.get(routeKey("team_1", "lookup"));
    routes.delete(routeKey("team_1", "lookup"));
    expect(await registry.metrics()).not.toContain('deployment="lookup"');
    if (lookup) routes.set(routeKey("team_1", "lookup"), lookup);
  });
});

it("answers 503 with Retry-After, never 404, while it does not know its routes", async () => {
  known = false;
  try {
    for (const answer of [await infer(JSON.stringify(GOOD)), await call("/v2/health/ready")]) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect((await call("/v2/health/live")).status).toBe(200);
  } finally {
    known = true;
  }
  expect((await infer(JSON.stringify(GOOD), {}, "nobody")).status).toBe(404);
});

describe("a slow client", () => {
  /** What is heard on a connection that sends this much and then no more. */
  const half = (text: string) =>
    new Promise<string>((resolve, reject) => {
      let heard = "";
      const socket = net.connect(port, "127.0.0.1", () => socket.write(text));
      socket.on("data", (data) => (heard += data.toString()));
      socket.on("close", () => resolve(heard));
      socket.on("error", (error) => (heard ? resolve(heard) : reject(error)));
    });

  it.each([
    ["nothing", ""],
    ["half its headers", "POST /v2/models/risk/infer HTTP/1.1\r\nhost: x\r\n"],
    [
      "half its body",
      "POST /v2/models/risk/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer good\r\ncontent-length: 100\r\n\r\n{",
    ],
  ])("that sends %s is told so and let go", async (_what, text) => {
    const heard = await half(text);
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(heard).toContain('{"error":"The request took too long to arrive. Send it again."}');
    expect(records.at(-1)?.error ?? "").not.toContain("aborted");
  });
});
