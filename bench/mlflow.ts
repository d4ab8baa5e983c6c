import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { pickBuildEnv } from "@/server/adapters/cluster/local/build-env";
import { prepareEnvironment } from "@/server/adapters/cluster/local/shim/environment.mjs";
import { NOT_ISOLATED } from "@/server/adapters/cluster/local/shim/isolation.mjs";

const REQUIREMENTS = "mlflow==3.17.2\npsycopg2-binary==2.9.13\n";
const DATABASE = "mlflow";
const STARTS_WITHIN_MS = 180_000;

const environmentOf = (): Record<string, string> => ({
  ...pickBuildEnv(process.env),
  PATH: process.env.PATH ?? "",
  PIP_NO_COMPILE: "1",
  LANG: "C.UTF-8",
});

/** A Python with MLflow, built by the code that builds those of jobs, and kept: it is named by the hash of what is in it. */
async function environment(): Promise<string> {
  const cache = path.join(
    process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"),
    "modelworks",
    "bench",
  );
  mkdirSync(cache, { recursive: true });
  const { folder } = await prepareEnvironment({
    root: cache,
    attemptId: `bench-${process.pid}`,
    requirements: REQUIREMENTS,
    python: process.env.MODELWORKS_PYTHON ?? null,
    env: environmentOf(),
    log: { say: (text: string) => console.log(`  python: ${text}`) },
    checkStop: () => undefined,
    isolation: NOT_ISOLATED,
    uid: null,
    run: async ({ command, folder: cwd, env }) => {
      const [program = "", ...args] = command;
      try {
        await promisify(execFile)(program, args, {
          cwd,
          env: { NODE_ENV: "production", ...env },
          timeout: 900_000,
          maxBuffer: 2 ** 26,
        });
        return 0;
      } catch (error) {
        console.error(error instanceof Error ? error.message.slice(-2_000) : error);
        return 1;
      }
    },
  });
  return folder;
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address && typeof address === "object" ? address.port : 0;
}

async function answers(child: ChildProcess, port: number): Promise<void> {
  for (const end = Date.now() + STARTS_WITHIN_MS; Date.now() < end;) {
    const found = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (found?.ok) return;
    if (child.exitCode !== null) throw new Error(`MLflow ended with code ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("MLflow did not start in time");
}

/** A real MLflow server, with as many workers as it takes by default, on a database of its own of the server at `ownerUrl`. */
export async function startMlflow(ownerUrl: string): Promise<{ port: number; stop: () => Promise<void> }> {
  const folder = await environment();
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  await owner.query(`create database ${DATABASE}`);
  await owner.end();
  const store = new URL(ownerUrl);
  store.pathname = `/${DATABASE}`;
  const address = store.href.replace(/^postgres:/, "postgresql+psycopg2:");
  const home = mkdtempSync(path.join(tmpdir(), "mw-bench-mlflow-"));
  const port = await freePort();
  const child = spawn(
    path.join(folder, "bin", "python"),
    [
      "-m",
      "mlflow",
      "server",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--backend-store-uri",
      address,
      "--artifacts-destination",
      home,
    ],
    {
      cwd: home,
      // A group of its own: its workers end with it.
      detached: true,
      stdio: ["ignore", "ignore", process.env.BENCH_VERBOSE ? "inherit" : "ignore"],
      env: {
        ...environmentOf(),
        HOME: home,
        NODE_ENV: "production",
        MLFLOW_DISABLE_TELEMETRY: "true",
        DO_NOT_TRACK: "true",
      },
    },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.pid) process.kill(-child.pid, "SIGTERM");
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await answers(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}
