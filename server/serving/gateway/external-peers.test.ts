import { spawn, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "@/db/testing/wait-for";
import { externalSpec, makeExternalRuntime } from "@/server/adapters/external-endpoint/testing";
import { identityModel, SERVED } from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import type { Tensor } from "@/server/adapters/model-runtime/port";
import { dataFromJson } from "@/server/adapters/model-runtime/tensor-from-json";
import { startTestGateway, type TestGateway } from "./testing-gateway";
import { BUILD_MS, pythonEnv, pythonWith, run } from "./testing-python";

/** Servers of others, as people install and start them, and our own gateway: what a model elsewhere really is. */

const SERVERS = path.join(import.meta.dirname, "servers");
const ROOT = path.join(import.meta.dirname, "../../..");

const children: ChildProcess[] = [];
let folder: string;
let gateway: TestGateway;
let kserve: { base: string };
let mlflow: { base: string };

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** Starts a server and waits until it answers; it ends with the tests. */
async function serve(command: (port: number) => string[], at: { bin: string; health: string }) {
  const port = await freePort();
  const [program = "", ...args] = command(port);
  const env = { NODE_ENV: "test" as const, ...pythonEnv(), PATH: `${at.bin}:${process.env.PATH ?? ""}` };
  // A group of its own: MLflow's command starts the server as its child.
  const child = spawn(program, args, { cwd: folder, env, stdio: "pipe", detached: true });
  children.push(child);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
  const base = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${base}${at.health}`).then(
      (answer) => answer.ok,
      () => false,
    );
  await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(output.slice(-2_000));
      return isUp();
    },
    { what: `${program} answers`, timeoutMs: 120_000 },
  );
  return { base };
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-servers-"));
  const [forKserve, forMlflow] = [
    path.join(await pythonWith(path.join(import.meta.dirname, "clients/requirements.txt")), "bin"),
    path.join(await pythonWith(path.join(ROOT, "examples/the-line/requirements.txt")), "bin"),
  ];
  gateway = await startTestGateway(
    Object.fromEntries(SERVED.map((each) => [each.toLowerCase(), identityModel(each, ["n"])])),
  );
  const starting = serve(
    (port) => [path.join(forKserve, "python"), path.join(SERVERS, "kserve_server.py"), String(port)],
    { bin: forKserve, health: "/v2/models/doubling/ready" },
  );
  const model = path.join(folder, "sums");
  const saved = await run(
    [path.join(forMlflow, "python"), path.join(SERVERS, "mlflow_model.py"), model],
    folder,
    pythonEnv(),
    120_000,
  );
  expect(saved.code, saved.output.slice(-2_000)).toBe(0);
  mlflow = await serve(
    (port) => [
      path.join(forMlflow, "mlflow"),
      "models",
      "serve",
      "-m",
      model,
      "-p",
      String(port),
      "--env-manager",
      "local",
    ],
    { bin: forMlflow, health: "/ping" },
  );
  kserve = await starting;
}, BUILD_MS);

afterAll(async () => {
  for (const { pid } of children) {
    try {
      if (pid) process.kill(-pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  await gateway.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const tensor = (name: string, datatype: Tensor["datatype"], shape: number[], json: unknown): Tensor => ({
  name,
  datatype,
  shape,
  data: dataFromJson(datatype, shape, json, name),
});

async function asked(base: string, file: Record<string, unknown>, inputs: Tensor[], more = {}) {
  const runtime = makeExternalRuntime(new URL(base).host, more);
  try {
    const external = { declared: { inputs: [], outputs: [] }, ...more };
    const signature = await runtime.load("m", externalSpec(file, { external }));
    return { signature, outputs: await runtime.infer("m", inputs) };
  } finally {
    await runtime.close();
  }
}

const texts = (outputs: readonly Tensor[]) =>
  outputs.map(({ data }) =>
    [...data].map((each) => (typeof each === "object" ? Buffer.from(each).toString() : each)),
  );

describe("our own gateway as the far end", () => {
  const VALUES: Record<string, unknown[]> = {
    BOOL: [true, false],
    BYTES: ["ü🦆", ""],
    INT64: [2n ** 60n + 1n, -1n],
    UINT64: [2n ** 64n - 1n, 0n],
    FP16: [0.5, null],
    BF16: [0.5, null],
    FP32: [0.25, "-Infinity"],
    FP64: [0.1, null],
  };

  it.each([...SERVED])("gives back %s as it was sent", async (datatype) => {
    const sent = tensor("x", datatype, [2], VALUES[datatype] ?? [1, 2]);
    const credentials = async () => ({ headers: { authorization: "Bearer good" }, secrets: ["good"] });
    const { signature, outputs } = await asked(
      gateway.base,
      { protocol: "oip", url: gateway.base, model: datatype.toLowerCase(), credential: "mine" },
      [sent],
      { credentials },
    );
    expect(signature.inputs).toMatchObject([{ name: "x", datatype, shape: [-1] }]);
    expect(outputs).toEqual([{ ...sent, name: "y" }]);
  });

  it("says that it does not accept a wrong credential", async () => {
    const credentials = async () => ({
      headers: { authorization: "Bearer wrong-one" },
      secrets: ["wrong-one"],
    });
    const file = { protocol: "oip", url: gateway.base, model: "fp32", credential: "mine" };
    await expect(asked(gateway.base, file, [], { credentials })).rejects.toThrow(
      /does not accept the credential \(401\)/,
    );
  });
});

describe("KServe's model server", () => {
  const rows = tensor("x", "FP32", [2, 3], [1, 2, 3, 4, 5, null]);
  const doubled = { name: "y", shape: [2, 3], data: Float32Array.of(2, 4, 6, 8, 10, Number.NaN) };

  it("speaks the Open Inference Protocol", async () => {
    const { signature, outputs } = await asked(
      kserve.base,
      { protocol: "oip", url: kserve.base, model: "doubling" },
      [rows],
    );
    expect(signature.inputs).toEqual([{ name: "x", datatype: "FP32", shape: [-1, 3] }]);
    expect(outputs).toMatchObject([doubled]);
  });

  it("is taken at the contract's word where it does not say what it serves", async () => {
    const declared = {
      inputs: [{ name: "x", datatype: "FP32" as const, shape: [-1, 3] }],
      outputs: [{ name: "y", datatype: "FP32" as const, shape: [-1, 3] }],
    };
    const file = { protocol: "oip", url: kserve.base, model: "silent" };
    expect((await asked(kserve.base, file, [rows], { declared })).outputs).toMatchObject([doubled]);
    // Declared otherwise than it answers, the answer is its fault.
    const other = { ...declared, outputs: [{ name: "y", datatype: "FP64" as const, shape: [-1, 3] }] };
    await expect(asked(kserve.base, file, [rows], { declared: other })).rejects.toThrow(
      /FP32; it promises FP64/,
    );
  });

  it("tells its own faults as such", async () => {
    const file = { protocol: "oip", url: kserve.base, model: "failing" };
    await expect(asked(kserve.base, file, [rows])).rejects.toMatchObject({
      code: "internal",
      message: expect.stringContaining("the weights are gone"),
    });
  });

  it("speaks its first protocol", async () => {
    const file = {
      protocol: "http-json",
      url: `${kserve.base}/v1/models/doubling:predict`,
      healthPath: "/v1/models/doubling",
      form: "instances",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
      outputs: [{ name: "y", datatype: "FP32", shape: [-1, 3] }],
    };
    const whole = tensor("x", "FP32", [2, 3], [1, 2, 3, 4, 5, 6]);
    expect((await asked(kserve.base, file, [whole])).outputs).toMatchObject([
      { name: "y", shape: [2, 3], data: Float32Array.of(2, 4, 6, 8, 10, 12) },
    ]);
  });
});

describe("MLflow's scoring server", () => {
  const file = (form: string, more = {}) => ({
    protocol: "http-json",
    url: `${mlflow.base}/invocations`,
    form,
    inputs: [
      { name: "a", datatype: "FP64", shape: [-1] },
      { name: "b", datatype: "FP64", shape: [-1] },
      { name: "w", datatype: "BYTES", shape: [-1] },
    ],
    outputs: [
      { name: "word", datatype: "BYTES", shape: [-1] },
      { name: "sum", datatype: "FP64", shape: [-1] },
    ],
    ...more,
  });
  const columns = () => [
    tensor("w", "BYTES", [2], ["ü", 'q"uote']),
    tensor("a", "FP64", [2], [1, 2.5]),
    tensor("b", "FP64", [2], [10, 20]),
  ];

  it.each(["dataframe_split", "inputs", "instances"])("takes rows as %s", async (form) => {
    const { outputs } = await asked(mlflow.base, file(form, { healthPath: "/ping" }), columns());
    expect(texts(outputs)).toEqual([
      ["Ü", 'Q"UOTE'],
      [11, 22.5],
    ]);
  });

  it("refuses inputs that do not fit its model as the caller's, in its own words", async () => {
    const short = { inputs: file("inputs").inputs.slice(0, 2) };
    const given = columns().slice(1);
    await expect(asked(mlflow.base, file("dataframe_split", short), given)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("missing inputs ['w']"),
    });
  });
});
