import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { withOwnKeyring } from "@/server/core/own-keyring.mjs";
import { SECRETS_FD, SECRETS_FD_SETTING } from "@/server/core/told-secrets";
import { LauncherError } from "./launcher-error";
import { signalProcess } from "./process-table";
import { forgetProcess, recordProcess } from "./run-records";

export interface ChildSpec {
  /** Name in the log and in `<home>/run`. */
  name: string;
  /** Entry file, relative to the checkout. */
  entry: string;
  /** A URL that answers 2xx when the process is ready; without one it sends the message "ready". */
  readyUrl?: string;
}

export interface ChildContext {
  home: string;
  /** What anybody may see; it stands in `/proc`. */
  environment: Record<string, string>;
  /** Told by a pipe, at each start. */
  secrets: Record<string, string>;
  print(line: string): void;
}

export interface ManagedChild {
  name: string;
  /** Settles at the first time the process is ready; rejects when it is not within `READY_TIMEOUT_MS`. */
  ready: Promise<void>;
  /** Ends the process: TERM, and KILL after ten seconds. */
  stop(): Promise<void>;
  /** Ends the process at once. */
  kill(): void;
}

const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 250;
const LAST_BACKOFF_MS = 15_000;
/** A process that ran this long did not fail at its start: whatever ended it, its next restart is quick. */
const HEALTHY_AFTER_MS = 10_000;

/** Starts a process, restarts it with growing pauses whenever it ends, and prefixes its output. */
export function startChild(spec: ChildSpec, context: ChildContext): ManagedChild {
  let stopping = false;
  let current: ChildProcess | undefined;
  let wake: AbortController | undefined;
  let becameReady: () => void = () => undefined;
  const message = new Promise<void>((resolve) => (becameReady = resolve));

  const isStopping = () => stopping;
  const run = async (): Promise<void> => {
    let backoffMs = FIRST_BACKOFF_MS;
    while (!isStopping()) {
      const startedAt = performance.now();
      current = launch(spec, context, becameReady);
      const how = await exitOf(current);
      forgetProcess(context.home, spec.name);
      if (stopping) break;
      if (performance.now() - startedAt > HEALTHY_AFTER_MS) backoffMs = FIRST_BACKOFF_MS;
      context.print(`${spec.name} ended (${how}); starting it again in ${backoffMs} ms`);
      wake = new AbortController();
      await delay(backoffMs, undefined, { signal: wake.signal }).catch(() => undefined);
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
    }
  };
  const finished = run();
  const signalGroup = (signal: NodeJS.Signals) => {
    if (current?.pid && current.exitCode === null && current.signalCode === null) {
      signalProcess(signal === "SIGKILL" ? -current.pid : current.pid, signal);
    }
  };
  return {
    name: spec.name,
    ready: untilReady(spec, message, isStopping),
    stop: async () => {
      stopping = true;
      wake?.abort();
      signalGroup("SIGTERM");
      const patience = setTimeout(() => signalGroup("SIGKILL"), STOP_TIMEOUT_MS);
      await finished;
      clearTimeout(patience);
    },
    kill: () => {
      stopping = true;
      wake?.abort();
      signalGroup("SIGKILL");
    },
  };
}

function launch(spec: ChildSpec, context: ChildContext, becameReady: () => void): ChildProcess {
  const [program, ...words] = withOwnKeyring([process.execPath, "--import", "tsx", spec.entry]);
  const child = spawn(program, words, {
    env: {
      NODE_ENV: "production",
      ...context.environment,
      ...SECRETS_FD_SETTING,
      MODELWORKS_PROCESS: spec.name,
    },
    stdio: ["ignore", "pipe", "pipe", "ipc", "pipe"],
    // A group of its own: Ctrl-C reaches the launcher alone, and a kill takes what the process started too.
    detached: true,
  });
  const pipe = child.stdio[SECRETS_FD];
  // One that ends before it listens is told by its exit.
  pipe?.on("error", () => undefined);
  if (pipe && "end" in pipe) pipe.end(JSON.stringify(context.secrets));
  child.on("message", (message) => {
    if (
      message === "ready" ||
      (typeof message === "object" && "type" in message && message.type === "ready")
    ) {
      becameReady();
    }
  });
  child.on("error", (error) => context.print(`${spec.name}: ${error.message}`));
  for (const stream of [child.stdout, child.stderr]) {
    if (stream)
      createInterface({ input: stream }).on("line", (line) => context.print(`${spec.name} | ${line}`));
  }
  if (child.pid) recordProcess(context.home, spec.name, child.pid);
  return child;
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function untilReady(spec: ChildSpec, message: Promise<void>, stopped: () => boolean): Promise<void> {
  const late = new AbortController();
  const timeout = delay(READY_TIMEOUT_MS, "late", { signal: late.signal, ref: false }).catch(() => "stopped");
  const ready = spec.readyUrl ? untilAnswering(spec.readyUrl, late.signal, stopped) : message;
  const outcome = await Promise.race([ready, timeout]);
  late.abort();
  if (outcome !== "late") return;
  throw new LauncherError(
    `The ${spec.name} was not ready within ${READY_TIMEOUT_MS / 1000} s.`,
    `Look at the lines that begin with "${spec.name} |" above: the first error among them is the cause.`,
  );
}

async function untilAnswering(url: string, signal: AbortSignal, stopped: () => boolean): Promise<void> {
  while (!signal.aborted && !stopped()) {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // Not listening yet.
    }
    await delay(50);
  }
}
