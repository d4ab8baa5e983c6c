import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { makePrivateDir, readIfPresent } from "./files";
import { LauncherError } from "./launcher-error";
import { chooseFreePort, isPortFree } from "./ports";
import { findPostgresBinaries } from "./postgres-binaries";
import {
  ensureCluster,
  ensureDatabase,
  readOrCreateAccess,
  saveAccess,
  urlFor,
  type ClusterAccess,
} from "./postgres-cluster";
import { choosePostgresUser } from "./postgres-user";
import { commandOf, endProcess, isAlive, processesIn, waitForExit } from "./process-table";

export interface PostgresOptions {
  /** The folder of this installation; the cluster lives in `<home>/pg`. */
  home: string;
  /** Server settings besides ours, for example `{ fsync: "off" }` in tests. */
  settings?: Readonly<Record<string, string>>;
  /** Keep the remembered port even while it is taken (a restart: the others already know the address). */
  keepPort?: boolean;
  /** Tests choose the way a root process hands over to another user. */
  runAs?: "namespace" | "nobody";
}

export interface RunningPostgres {
  ownerUrl: string;
  appUrl: string;
  pid: number;
  /** True when a server left by an earlier launcher was taken over. */
  adopted: boolean;
  /** Settles when the server process is gone, for whatever reason. */
  onExit: Promise<void>;
  /** Ends the server: rolls back what is open, writes a checkpoint. */
  stop(): Promise<void>;
}

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "192MB",
  max_wal_size: "2GB",
  random_page_cost: "1.1",
  timezone: "UTC",
  log_timezone: "UTC",
  // A worker that died without a word must not hold its locks for two hours.
  tcp_keepalives_idle: "60",
  idle_in_transaction_session_timeout: "120s",
};

const START_TIMEOUT_MS = 60_000;
const FAST_STOP_MS = 20_000;

/**
 * Starts the installation's own Postgres, or takes over one that still runs, and returns when role and
 * database exist and answer. Throws a LauncherError when the server cannot start.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const pgDir = path.join(options.home, "pg");
  const dataDir = path.join(pgDir, "data");
  makePrivateDir(pgDir);
  let access = await readOrCreateAccess(pgDir);
  const orphan = await takeOver(dataDir, access);
  if (orphan) return orphan;
  if (!(await isPortFree(access.port)) && !options.keepPort) {
    access = { ...access, port: await chooseFreePort() };
    saveAccess(pgDir, access);
  }
  const user = choosePostgresUser(findPostgresBinaries(), pgDir, options.runAs);
  await ensureCluster(user, pgDir, access);
  const logFile = openLog(options.home);
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(access.port) });
  const { file, args } = user.command(user.binaries.postgres, [
    "-D",
    dataDir,
    ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  const log = fs.openSync(logFile, "a", 0o600);
  // A session of its own: Ctrl-C in the terminal must reach the launcher alone, which stops things in order.
  const child = spawn(file, args, {
    ...user.spawnOptions,
    env: user.spawnOptions.env,
    cwd: "/",
    detached: true,
    stdio: ["ignore", log, log],
  });
  fs.closeSync(log);
  const onExit = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  let gone = false;
  void onExit.then(() => (gone = true));
  const pid = child.pid;
  if (pid === undefined || !(await answers(access, START_TIMEOUT_MS, () => gone))) {
    if (pid !== undefined) await stopServer(pid);
    throw new LauncherError(
      `The database did not start. Its last words in ${logFile}:\n${tailOf(logFile)}`,
      "Follow the last line above. Only one Modelworks may use a folder; another needs its own MODELWORKS_HOME.",
    );
  }
  await ensureDatabase(access);
  return running(access, pid, onExit, false);
}

/** Ends a server: fast shutdown first, then harder. */
async function stopServer(pid: number): Promise<void> {
  await endProcess(pid, [
    { signal: "SIGINT", timeoutMs: FAST_STOP_MS },
    { signal: "SIGQUIT", timeoutMs: 5_000 },
    { signal: "SIGKILL", timeoutMs: 5_000 },
  ]);
}

function running(
  access: ClusterAccess,
  pid: number,
  onExit: Promise<void>,
  adopted: boolean,
): RunningPostgres {
  return {
    ownerUrl: urlFor(access, "owner"),
    appUrl: urlFor(access, "app"),
    pid,
    adopted,
    onExit,
    stop: async () => {
      await stopServer(pid);
      await onExit;
    },
  };
}

/**
 * Looks for a server that an earlier launcher left behind. One that answers is adopted; one that does not
 * is ended; and the remains of a killed one are cleared, so that a new server can start.
 */
async function takeOver(dataDir: string, access: ClusterAccess): Promise<RunningPostgres | undefined> {
  const pidFile = path.join(dataDir, "postmaster.pid");
  const lines = readIfPresent(pidFile)?.split("\n");
  const pid = Number(lines?.[0]);
  if (lines && isPostmaster(pid, dataDir)) {
    const port = Number(lines[3]);
    if (port === access.port && (await answers(access, START_TIMEOUT_MS, () => !isAlive(pid)))) {
      await ensureDatabase(access);
      return running(access, pid, watchForExit(pid), true);
    }
    await stopServer(pid);
  }
  await endRemains(dataDir);
  // A pid that was handed to another program since makes Postgres refuse to start.
  fs.rmSync(pidFile, { force: true });
  return undefined;
}

/** Backends of a killed server end by themselves when they notice; the busy ones are told. */
async function endRemains(dataDir: string): Promise<void> {
  for (const pid of processesIn(dataDir).filter((pid) => commandOf(pid).includes("postgres"))) {
    if (await waitForExit(pid, 1_000)) continue;
    await endProcess(pid, [
      { signal: "SIGQUIT", timeoutMs: 2_000 },
      { signal: "SIGKILL", timeoutMs: 5_000 },
    ]);
  }
}

function isPostmaster(pid: number, dataDir: string): boolean {
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return false;
  if (process.platform === "linux") return processesIn(dataDir).includes(pid);
  return commandOf(pid).includes(dataDir);
}

/** An adopted server is not our child, so its end can only be observed. */
async function watchForExit(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(250);
}

/** Waits until the server accepts a connection. False after `timeoutMs`, or as soon as `gone` says so. */
async function answers(access: ClusterAccess, timeoutMs: number, gone: () => boolean): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!gone() && performance.now() < deadline) {
    const client = new Client({
      connectionString: urlFor(access, "owner", "postgres"),
      connectionTimeoutMillis: 5_000,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("select 1");
      return true;
    } catch {
      await delay(20);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

function openLog(home: string): string {
  const file = path.join(home, "logs", "postgres.log");
  makePrivateDir(path.dirname(file));
  if (fs.existsSync(file) && fs.statSync(file).size > LOG_LIMIT_BYTES) fs.renameSync(file, `${file}.1`);
  return file;
}

function tailOf(file: string): string {
  return (readIfPresent(file) ?? "").trim().split("\n").slice(-8).join("\n");
}
