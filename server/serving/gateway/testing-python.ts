import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pickBuildEnv } from "@/server/adapters/cluster/local/build-env";
import { prepareEnvironment } from "@/server/adapters/cluster/local/shim/environment.mjs";
import { NOT_ISOLATED } from "@/server/adapters/cluster/local/shim/isolation.mjs";

/** Python environments of the tests, with foreign clients and servers as people install them. */

/** Kept between runs, beside the environments of the browser tests. */
const CACHE = path.join(os.homedir(), ".cache", "modelworks", "e2e");
export const BUILD_MS = 600_000;

export const pythonEnv = (): Record<string, string> => ({
  ...pickBuildEnv(process.env),
  PATH: process.env.PATH ?? "",
  PIP_NO_COMPILE: "1",
  LANG: "C.UTF-8",
});

export function run(command: readonly string[], cwd: string, env: Record<string, string>, timeoutMs: number) {
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

/** The folder of an environment with what a requirements file locks; built on first use. */
export async function pythonWith(requirementsFile: string): Promise<string> {
  fs.mkdirSync(CACHE, { recursive: true });
  let last = "";
  const { folder } = await prepareEnvironment({
    root: CACHE,
    attemptId: `tests-${process.pid}-${path.basename(path.dirname(requirementsFile))}`,
    requirements: fs.readFileSync(requirementsFile, "utf8"),
    python: process.env.MODELWORKS_PYTHON ?? null,
    env: pythonEnv(),
    log: { say: () => undefined },
    checkStop: () => undefined,
    // The tests' own environment holds no code of strangers.
    isolation: NOT_ISOLATED,
    uid: null,
    run: async ({ command, folder: cwd, env }) => {
      const ended = await run(command, cwd, env, BUILD_MS);
      last = ended.output;
      return ended.code;
    },
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${last.slice(-2000)}`);
  });
  return folder;
}
