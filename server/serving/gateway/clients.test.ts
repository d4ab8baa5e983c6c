import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pickBuildEnv } from "@/server/adapters/cluster/local/build-env";
import { prepareEnvironment } from "@/server/adapters/cluster/local/shim/environment.mjs";
import {
  constantModel,
  identityModel,
  optionalModel,
  pairModel,
  SERVED,
} from "@/server/adapters/model-runtime/onnx/testing-wire-models";
import { fromBrain, fromHalf, toBrain, toHalf } from "@/server/adapters/model-runtime/half";
import { startTestGateway, type TestGateway } from "./testing-gateway";

const HERE = path.join(import.meta.dirname, "clients");
/** Kept between runs, beside the environments of the browser tests. */
const CACHE = path.join(os.homedir(), ".cache", "modelworks", "e2e");
const BUILD_MS = 600_000;

let gateway: TestGateway;
let python: string;

const basicEnv = (): Record<string, string> => ({
  ...pickBuildEnv(process.env),
  PATH: process.env.PATH ?? "",
  PIP_NO_COMPILE: "1",
  LANG: "C.UTF-8",
});

function run(command: readonly string[], cwd: string, env: Record<string, string>, timeoutMs: number) {
  const [program = "", ...args] = command;
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { NODE_ENV: "test", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let output = "";
    const keep = (chunk: Buffer) => (output += chunk.toString("utf8"));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

beforeAll(async () => {
  gateway = await startTestGateway({
    ...Object.fromEntries(SERVED.map((each) => [each.toLowerCase(), identityModel(each, ["n"])])),
    scalar: identityModel("FP32", []),
    constant: constantModel([1, 2]),
    optional: optionalModel(10),
    pair: pairModel(),
  });
  fs.mkdirSync(CACHE, { recursive: true });
  let last = "";
  const { folder } = await prepareEnvironment({
    root: CACHE,
    attemptId: `clients-${process.pid}`,
    requirements: fs.readFileSync(path.join(HERE, "requirements.txt"), "utf8"),
    python: process.env.MODELWORKS_PYTHON ?? null,
    env: basicEnv(),
    log: { say: () => undefined },
    checkStop: () => undefined,
    run: async (command: string[], cwd: string, env: Record<string, string>) => {
      const ended = await run(command, cwd, env, BUILD_MS);
      last = ended.output;
      return ended.code;
    },
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${last.slice(-2000)}`);
  });
  python = path.join(folder, "bin", "python");
}, BUILD_MS);
afterAll(() => gateway.close());

/** As Python prints numbers. */
const numberOf = (text: string) =>
  text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text === "nan" ? "NaN" : text);

/** Runs one of the scripts to its end; it says on the way what went well. */
const drive = (script: string, address: string) =>
  run([python, path.join(HERE, script), address], HERE, basicEnv(), 240_000);

describe("clients as people install them", () => {
  it("tritonclient gets back what it sent, of every datatype, both ways", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("triton.py", `127.0.0.1:${gateway.port}`);
    expect(output).toContain("shapes");
    expect(code).toBe(0);
  });

  it("KServe's client gets back what it sent, by its defaults", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("kserve_client.py", gateway.base);
    expect(output).toContain("bytes");
    expect(code).toBe(0);
  });

  it("rounds half floats as numpy does, and reads every one", { timeout: 250_000 }, async () => {
    const { code, output } = await drive("halves.py", "");
    expect(code, output.slice(-2_000)).toBe(0);
    const [halves = "", brains = "", ...lines] = output.trim().split("\n");
    expect(halves.split(" ").map(numberOf)).toEqual(
      Array.from({ length: 65_536 }, (_, bits) => fromHalf(bits)),
    );
    expect(brains.split(" ").map(numberOf)).toEqual(
      Array.from({ length: 65_536 }, (_, bits) => fromBrain(bits)),
    );
    expect(lines.length).toBeGreaterThan(4_000);
    const wrong = lines.filter((line) => {
      const [value = "", half, brain] = line.split(" ");
      return toHalf(numberOf(value)) !== Number(half) || toBrain(numberOf(value)) !== Number(brain);
    });
    expect(wrong).toEqual([]);
  });
});
