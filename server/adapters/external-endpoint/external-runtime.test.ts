import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { identityModel } from "../model-runtime/onnx/testing-wire-models";
import type { ModelRuntime, Tensor } from "../model-runtime/port";
import { makeRuntime, specOf } from "../model-runtime/testing";
import { invalid } from "@/server/core/errors";
import type { Resolver } from "./guarded-agents";
import {
  DOUBLING,
  doubles,
  endpointFile,
  externalSpec,
  makeExternalRuntime,
  oipFarEnd,
  sendJson,
  startFarEnd,
  type FarEnd,
  type FarHandler,
} from "./testing";
import { changeOf } from "./far-model";
import { withEndpoints } from "./with-endpoints";

const x = (...values: number[]): Tensor => ({
  name: "x",
  datatype: "FP32",
  shape: [values.length / 2, 2],
  data: Float32Array.from(values),
});

let far: FarEnd;
const open: { close(): Promise<void> }[] = [];
beforeEach(async () => {
  far = await startFarEnd(oipFarEnd(doubles));
  open.push(far);
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

function runtimeFor(more: Parameters<typeof makeExternalRuntime>[1] = {}): ModelRuntime {
  const runtime = makeExternalRuntime(`127.0.0.1:${far.port}`, more);
  open.unshift(runtime);
  return runtime;
}

const loaded = async (file: Record<string, unknown> = {}, more: Parameters<typeof externalSpec>[1] = {}) => {
  const runtime = runtimeFor();
  await runtime.load("m", externalSpec(endpointFile(far, file), more));
  return runtime;
};

describe("an endpoint that is well", () => {
  it("is asked in the protocol's words, once, and answers exactly", async () => {
    const runtime = runtimeFor();
    const signature = await runtime.load("m", externalSpec(endpointFile(far)));
    expect(signature).toEqual({
      inputs: DOUBLING.inputs,
      outputs: DOUBLING.outputs,
      platform: "modelworks_external",
    });
    expect(await runtime.infer("m", [x(1, -2.5, 3, 4)])).toEqual([
      { name: "y", datatype: "FP32", shape: [2, 2], data: Float32Array.of(2, -5, 6, 8) },
    ]);
    const posts = far.asked.filter(({ method }) => method === "POST");
    expect(posts).toHaveLength(1);
    expect(JSON.parse(posts[0]?.body ?? "")).toEqual({
      inputs: [{ name: "x", shape: [2, 2], datatype: "FP32", data: [1, -2.5, 3, 4] }],
      outputs: [{ name: "y" }],
    });
    expect(runtime.health("m")).toMatchObject({ state: "ready", reason: "" });
    expect(await runtime.usage()).toMatchObject([{ key: "m", queued: 0, inFlight: 0 }]);
  });

  it("reads NaN, infinity and whole numbers of 64 bits", async () => {
    const types = [
      { name: "n", datatype: "INT64" as const, shape: [-1] },
      { name: "f", datatype: "FP64" as const, shape: [-1] },
    ];
    far.handle = oipFarEnd(
      ({ body }, res) => {
        expect(body).toContain("9007199254740993");
        sendJson(
          res,
          `{"outputs":[{"name":"n","datatype":"INT64","shape":[2],"data":[9007199254740993,-1]},{"name":"f","datatype":"FP64","shape":[3],"data":[NaN,Infinity,-Infinity]}]}`,
        );
      },
      () => ({ ...DOUBLING, inputs: [types[0]], outputs: types }),
    );
    const runtime = await loaded();
    const sent: Tensor = {
      name: "n",
      datatype: "INT64",
      shape: [1],
      data: BigInt64Array.of(9007199254740993n),
    };
    const [n, f] = await runtime.infer("m", [sent]);
    expect(n?.data).toEqual(BigInt64Array.of(9007199254740993n, -1n));
    expect(f?.data).toEqual(Float64Array.of(Number.NaN, Infinity, -Infinity));
  });

  it("keeps its connections, and bounds how many requests are on their way", async () => {
    let most = 0;
    const ports = new Set<number | undefined>();
    const held: (() => void)[] = [];
    far.handle = oipFarEnd((asked, res, req) => {
      ports.add(req.socket.remotePort);
      most = Math.max(
        most,
        held.push(() => doubles(asked, res, req)),
      );
      if (held.length >= 3) for (const answer of held.splice(0)) answer();
    });
    const runtime = await loaded({ maxConcurrency: 3 });
    await Promise.all(Array.from({ length: 60 }, () => runtime.infer("m", [x(1, 2)])));
    expect(most).toBe(3);
    expect(ports.size).toBeLessThanOrEqual(4);
  });
});

const outputs =
  (change: Record<string, unknown>): FarHandler =>
  (_asked, res) =>
    sendJson(res, { outputs: [{ name: "y", datatype: "FP32", shape: [1, 2], data: [1, 2], ...change }] });

const status =
  (code: number, body: unknown = { error: "no" }, headers: Record<string, string> = {}): FarHandler =>
  (_asked, res) => {
    res.writeHead(code, { "content-type": "application/json", ...headers });
    res.end(JSON.stringify(body));
  };

const HOSTILE: [string, FarHandler, string, RegExp][] = [
  ["never answers", () => undefined, "timed_out", /longer than 300 ms/],
  [
    "sends its headers by the byte",
    (_a, res) => void res.socket?.write("HTTP/1.1 200 O"),
    "timed_out",
    /longer/,
  ],
  [
    "trickles its body",
    (_a, res) => {
      res.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => res.write(" "), 20);
      res.on("close", () => clearInterval(timer));
    },
    "timed_out",
    /longer/,
  ],
  [
    "sends without end",
    (_a, res) => {
      res.writeHead(200);
      const more = () => {
        while (res.write(Buffer.alloc(256 * 1024, 0x20)));
      };
      res.on("drain", more);
      more();
    },
    "internal",
    /larger than 8 MiB/,
  ],
  [
    "announces too much",
    status(200, {}, { "content-length": "99999999999" }),
    "internal",
    /larger than 8 MiB/,
  ],
  [
    "closes in the middle",
    (_a, res) => {
      res.writeHead(200, { "content-length": "100" });
      res.write('{"outputs"');
      setImmediate(() => res.socket?.destroy());
    },
    "internal",
    /before it was whole/,
  ],
  ["closes without a word", (_a, res) => void res.socket?.destroy(), "internal", /closed the connection/],
  ["speaks no HTTP", (_a, res) => void res.socket?.end("SSH-2.0-OpenSSH_9.6\r\n"), "internal", /no HTTP/],
  ["sends huge headers", status(200, {}, { "x-much": "a".repeat(20_000) }), "internal", /no HTTP/],
  [
    "redirects to the metadata address",
    status(302, {}, { location: "http://169.254.169.254/latest/" }),
    "internal",
    /redirect \(302\)/,
  ],
  [
    "redirects permanently",
    status(308, {}, { location: "http://127.0.0.1:1/" }),
    "internal",
    /redirect \(308\)/,
  ],
  ["packs its answer", status(200, {}, { "content-encoding": "gzip" }), "internal", /packed/],
  ["answers a page", (_a, res) => void res.end("<html>Welcome</html>"), "internal", /no JSON/],
  ["answers a bomb of brackets", (_a, res) => void res.end("[".repeat(200_000)), "internal", /no JSON/],
  [
    "answers bytes that are no text",
    (_a, res) => void res.end(Buffer.of(0x7b, 0xff, 0x7d)),
    "internal",
    /no JSON/,
  ],
  [
    "answers other JSON",
    status(200, { predictions: [1] }),
    "internal",
    /none of the Open Inference Protocol/,
  ],
  ["leaves the output out", outputs({ name: "z" }), "internal", /"y" 0 times/],
  ["gives another type", outputs({ datatype: "INT64" }), "internal", /is INT64; it promises FP32/],
  ["gives another rank", outputs({ shape: [2] }), "internal", /shape \[2\]; it promises \[-1, 2\]/],
  ["gives another width", outputs({ shape: [1, 3], data: [1, 2, 3] }), "internal", /promises \[-1, 2\]/],
  [
    "gives fewer values than its shape",
    outputs({ shape: [1_000_000_000, 2] }),
    "internal",
    /asks for 2000000000/,
  ],
  ["gives a negative size", outputs({ shape: [-1, 2] }), "internal", /none of the Open Inference Protocol/],
  ["gives numbers that are too large", outputs({ data: [1e300, 2] }), "internal", /beyond FP32/],
  ["gives texts for numbers", outputs({ data: ["1", "2"] }), "internal", /must hold numbers/],
  ["fails", status(500, { error: "CUDA out of memory" }), "internal", /500: CUDA out of memory/],
  ["has a bad gateway", status(502, {}), "internal", /answers 502/],
  ["is overloaded", status(503, {}, { "retry-after": "7" }), "unavailable", /answers 503/],
  ["has had enough of us", status(429), "unavailable", /answers 429/],
  ["does not know us", status(401), "internal", /credential \(401\)/],
  ["forbids it", status(403), "internal", /credential \(403\)/],
  ["forgot the model", status(404), "internal", /answers 404/],
  ["refuses the method", status(405), "internal", /answers 405/],
  ["refuses the inputs", status(400, { error: "x must be positive" }), "invalid", /x must be positive/],
  ["finds the inputs unprocessable", status(422, { detail: [{ msg: "too long" }] }), "invalid", /too long/],
];

describe("an endpoint that misbehaves", () => {
  it.each(HOSTILE)("%s", async (_name, handler, code, message) => {
    const runtime = await loaded({ timeoutMs: 300 });
    far.handle = oipFarEnd(handler);
    const before = far.asked.filter(({ method }) => method === "POST").length;
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toMatchObject({
      name: "AppError",
      code,
      message: expect.stringMatching(message),
    });
    // Never sent again by itself: nobody knows whether it was worked on.
    expect(far.asked.filter(({ method }) => method === "POST").length - before).toBe(1);
    far.handle = oipFarEnd(doubles);
    expect(await runtime.infer("m", [x(1, 2)])).toMatchObject([{ data: Float32Array.of(2, 4) }]);
  });

  it("is not blamed for having no answer to a request without rows", async () => {
    const runtime = await loaded({ timeoutMs: 300 });
    const empty = { ...x(1, 2), shape: [0, 2], data: new Float32Array(0) };
    far.handle = oipFarEnd(status(500, { error: "need at least one array to stack" }));
    await expect(runtime.infer("m", [empty])).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/x holds no values.*500.*Send at least one row: need at least one/),
    });
    far.handle = oipFarEnd(status(401));
    await expect(runtime.infer("m", [empty])).rejects.toMatchObject({ code: "internal" });
  });

  it("harms no neighbour, here or elsewhere, while requests to it hang", async () => {
    const healthy = await startFarEnd(oipFarEnd(doubles));
    open.push(healthy);
    const own = makeRuntime();
    const runtime = withEndpoints(
      own,
      makeExternalRuntime(`127.0.0.1:${far.port},127.0.0.1:${healthy.port}`),
    );
    open.unshift(runtime);
    await runtime.load("bad", externalSpec(endpointFile(far)));
    await runtime.load("good", externalSpec(endpointFile(healthy)));
    await runtime.load("here", specOf(identityModel("FP32", ["n", 2])));
    far.handle = oipFarEnd(() => undefined);
    const hanging = Array.from({ length: 300 }, () => runtime.infer("bad", [x(1, 2)], { deadlineMs: 1_500 }));
    const ended = Promise.allSettled(hanging);
    for (let round = 0; round < 20; round += 1) {
      expect(await runtime.infer("good", [x(1, 2)])).toMatchObject([{ data: Float32Array.of(2, 4) }]);
      expect(await runtime.infer("here", [x(1, 2)])).toMatchObject([{ data: Float32Array.of(1, 2) }]);
    }
    const codes = (await ended).map((each) =>
      each.status === "rejected" ? (each.reason as { code: string }).code : "answered",
    );
    // 16 on their way and 256 behind them, until their ends; more than that is told so at once.
    expect(codes.filter((code) => code === "timed_out")).toHaveLength(272);
    expect(codes.filter((code) => code === "unavailable")).toHaveLength(28);
  });
});

describe("health", () => {
  it("fails after several looks in a row, answers at once meanwhile, and comes back by itself", async () => {
    const runtime = await loaded();
    const changes: string[] = [];
    runtime.onChange(() => changes.push(runtime.health("m")?.state ?? ""));
    far.handle = (_asked, res) => sendJson(res, { error: "warming up" }, 500);
    await waitFor(() => runtime.health("m")?.state === "failed", { what: "it is noticed" });
    expect(runtime.health("m")?.reason).toContain("warming up");
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toMatchObject({
      code: "unavailable",
      details: { retryAfterSeconds: expect.any(Number) },
    });
    expect(far.asked.filter(({ method }) => method === "POST")).toHaveLength(0);
    far.handle = oipFarEnd(doubles);
    await waitFor(() => runtime.health("m")?.state === "ready", { what: "it is back" });
    expect(await runtime.infer("m", [x(1, 2)])).toHaveLength(1);
    expect(changes).toEqual(["failed", "ready"]);
  });

  it("does not load what is not ready, cannot be reached, or is none of the protocol", async () => {
    const runtime = runtimeFor();
    far.handle = (_asked, res) => sendJson(res, { error: "loading" }, 503);
    await expect(runtime.load("m", externalSpec(endpointFile(far)))).rejects.toMatchObject({
      code: "unavailable",
    });
    far.handle = oipFarEnd(doubles, () => ({ hello: "world" }));
    await expect(runtime.load("m", externalSpec(endpointFile(far)))).rejects.toThrow(
      /what it says of its model/,
    );
    await far.close();
    await expect(runtime.load("m", externalSpec(endpointFile(far)))).rejects.toThrow(/nothing listens/);
    far.close = async () => undefined;
  });
});

describe("what the far end serves changes", () => {
  const changed = { ...DOUBLING, versions: ["2"] };

  it("is remarked while it goes on serving, and the remark ends when it is as before", async () => {
    let now: unknown = DOUBLING;
    far.handle = oipFarEnd(doubles, () => now);
    const runtime = await loaded({}, { external: { expected: DOUBLING } });
    now = changed;
    await waitFor(() => runtime.health("m")?.reason !== "", { what: "it is noticed" });
    expect(runtime.health("m")).toMatchObject({
      state: "ready",
      reason: expect.stringContaining("versions were 1 and are 2"),
    });
    expect(await runtime.infer("m", [x(1, 2)])).toHaveLength(1);
    now = DOUBLING;
    await waitFor(() => runtime.health("m")?.reason === "", { what: "it is as before" });
  });

  it("stops it where the file says so, and is not loaded anew", async () => {
    let now: unknown = DOUBLING;
    far.handle = oipFarEnd(doubles, () => now);
    const runtime = await loaded({ onChange: "stop" }, { external: { expected: DOUBLING } });
    now = changed;
    await waitFor(() => runtime.health("m")?.state === "failed", { what: "it is noticed" });
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toMatchObject({ code: "unavailable" });
    const again = externalSpec(endpointFile(far, { onChange: "stop" }), { external: { expected: DOUBLING } });
    await expect(runtime.load("again", again)).rejects.toThrow(/versions were 1 and are 2/);
  });

  it("always stops it when callers would notice: other inputs or outputs", async () => {
    let now: unknown = DOUBLING;
    far.handle = oipFarEnd(doubles, () => now);
    const runtime = await loaded({}, { external: { expected: DOUBLING } });
    now = { ...DOUBLING, outputs: [{ name: "y", datatype: "FP64", shape: [-1, 2] }] };
    await waitFor(() => runtime.health("m")?.state === "failed", { what: "it is noticed" });
    expect(runtime.health("m")?.reason).toContain("outputs were y FP32 [-1, 2] and are y FP64 [-1, 2]");
  });

  it("refuses an answer of another version than the file names", async () => {
    far.handle = oipFarEnd((asked, res) => {
      expect(asked.path).toBe("/v2/models/doubling/versions/1/infer");
      sendJson(res, {
        model_version: "2",
        outputs: [{ name: "y", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
      });
    });
    const runtime = await loaded({ version: "1" });
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toThrow(/version 2 answered instead of version 1/);
  });
});

describe("where an endpoint may be", () => {
  it.each([
    ["", "http://127.0.0.1:1", /allows no external endpoints/],
    ["models.example.org", "http://127.0.0.1:1", /not among those/],
    ["*.example.org", "http://169.254.169.254", /not among those/],
    ["169.254.169.254", "http://169.254.169.254/", /no endpoint may be/],
    ["169.254.169.254", "http://2852039166/", /no endpoint may be/],
    ["[::ffff:169.254.169.254]", "http://[::ffff:a9fe:a9fe]/", /no endpoint may be/],
    ["0.0.0.0:80", "http://0/", /no endpoint may be/],
  ])("list %s, address %s", async (hosts, url, message) => {
    const runtime = makeExternalRuntime(hosts);
    await expect(runtime.load("m", externalSpec(endpointFile({ base: url })))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
    });
  });

  const resolverOf = (addresses: string[][]): Resolver => {
    const answers = [...addresses];
    return (_name, _options, done) => {
      const next = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
      done(
        null,
        next.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      );
    };
  };

  const tried = async (host: string, ...addresses: string[][]) => {
    const runtime = makeExternalRuntime(`${host}:${far.port}`, { resolve: resolverOf(addresses) });
    open.unshift(runtime);
    const file = endpointFile({ base: `http://a.example.org:${far.port}` });
    return { runtime, loading: runtime.load("m", externalSpec(file)) };
  };

  it("lets a name lead to this machine only when it is listed itself", async () => {
    const { loading } = await tried("*.example.org", ["127.0.0.1"]);
    await expect(loading).rejects.toThrow(/private network/);
    expect(far.asked).toHaveLength(0);
    await (
      await tried("a.example.org", ["127.0.0.1"])
    ).loading;
    expect(far.asked[0]?.headers.host).toBe(`a.example.org:${far.port}`);
  });

  it.each([["169.254.169.254"], ["::ffff:169.254.169.254"], ["fe80::1"], ["0.0.0.0"], ["fd00:ec2::254"]])(
    "never connects to %s, whatever is listed",
    async (address) => {
      const { loading } = await tried("a.example.org", [address]);
      await expect(loading).rejects.toThrow(/no endpoint may be/);
    },
  );

  it("connects to good addresses only where a name has both", async () => {
    await (
      await tried("a.example.org", ["169.254.169.254", "127.0.0.1"])
    ).loading;
    expect(far.asked.length).toBeGreaterThan(0);
  });

  it("checks each connection anew, so that a name that changes its answer gains nothing", async () => {
    const { runtime, loading } = await tried("a.example.org", ["127.0.0.1"], ["169.254.169.254"]);
    await loading;
    // The far end ends the connection that was checked; the next one is asked for again.
    far.handle = oipFarEnd((_asked, res) => void res.socket?.destroy());
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toThrow(/closed the connection/);
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toThrow(/no endpoint may be/);
  });
});

it("words of the far end are told in one short line", () => {
  const named = (name: string) => ({
    ...DOUBLING,
    inputs: [{ name, datatype: "FP32" as const, shape: [-1] }],
  });
  const change = changeOf(named("x"), named(`<b>\n# all is well\u202E${"z".repeat(5_000)}`));
  expect(change?.text).toContain("<b> # all is well zzz");
  expect(change?.text.length).toBeLessThan(700);
  const versions = Array.from({ length: 1_000 }, (_, n) => `\n${n}${"v".repeat(900)}`);
  expect(changeOf(DOUBLING, { ...DOUBLING, versions })?.text).toMatch(/^[^\n]{10,700}$/);
});

describe("credentials", () => {
  const secret = "s3cret-token-value";
  const found = { headers: { authorization: `Bearer ${secret}` }, secrets: [secret] };

  it("are sent with every request, and what the far end says of them is not told", async () => {
    const runtime = runtimeFor({ credentials: async () => found });
    await runtime.load("m", externalSpec(endpointFile(far, { credential: "mine" })));
    expect(far.asked.every(({ headers }) => headers.authorization === `Bearer ${secret}`)).toBe(true);
    far.handle = oipFarEnd(status(400, { error: `bad token ${secret} for ${secret}!` }));
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toMatchObject({
      message: "The external endpoint refuses the inputs: bad token [redacted] for [redacted]!",
    });
  });

  it("are in no value and no name that is passed on, nor in a complaint that holds them as JSON", async () => {
    const quoted = 'a "quoted" \\ secret';
    const sent = { headers: { "x-key": quoted }, secrets: [quoted] };
    const words = { ...DOUBLING, outputs: [{ name: "y", datatype: "BYTES" as const, shape: [-1] }] };
    const echoes: FarHandler = ({ headers }, res) =>
      sendJson(res, {
        outputs: [
          { name: "y", datatype: "BYTES", shape: [1], data: [`you sent ${String(headers["x-key"])}`] },
        ],
      });
    far.handle = oipFarEnd(echoes, () => words);
    const runtime = runtimeFor({ credentials: async () => sent });
    const spec = externalSpec(endpointFile(far, { credential: "mine" }));
    await runtime.load("m", spec);
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toThrow(/repeats the credential/);
    far.handle = oipFarEnd(status(400, { detail: [{ input: quoted }] }), () => words);
    await expect(runtime.infer("m", [x(1, 2)])).rejects.toThrow(/\[redacted\]/);
    far.handle = oipFarEnd(echoes, () => ({ ...words, platform: quoted }));
    await expect(runtimeFor({ credentials: async () => sent }).load("n", spec)).rejects.toThrow(
      /repeats the credential/,
    );
  });

  it("that are gone are the endpoint's fault, not the caller's; while nobody can tell, the last one counts", async () => {
    let state: "there" | "away" | "gone" = "there";
    const runtime = runtimeFor({
      credentials: async () => {
        if (state === "gone") throw invalid('The team has no credential "mine".');
        if (state === "away") throw new Error("the database is away");
        return found;
      },
    });
    await runtime.load("m", externalSpec(endpointFile(far, { credential: "mine" })));
    state = "away";
    expect(await runtime.infer("m", [x(1, 2)])).toHaveLength(1);
    state = "gone";
    await expect(
      runtimeFor({ credentials: async () => Promise.reject(invalid("gone")) }).load(
        "m",
        externalSpec(endpointFile(far, { credential: "mine" })),
      ),
    ).rejects.toMatchObject({ code: "invalid" });
  });

  it("never travel without TLS beyond this machine", async () => {
    const runtime = makeExternalRuntime("models.example.org", { credentials: async () => found });
    const file = endpointFile({ base: "http://models.example.org" }, { credential: "mine" });
    await expect(runtime.load("m", externalSpec(file))).rejects.toThrow(/https only/);
  });
});
