import { spawn, type ChildProcess } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { joinBounds } from "./bounds";
import { residentBytes, type MemoryBounds } from "./memory";

/** Models give way to the gateway, which answers for all of them. */
export const NICENESS = 5;

export interface LaunchOptions {
  /** Its working directory, which holds the files of its models and nothing else. */
  folder: string;
  userId: number | undefined;
  memory: MemoryBounds;
  cpuMilli: number | undefined;
}

/** A started process, and what only the one who started it knows of it. */
export interface Launched {
  child: ChildProcess;
  channel: net.Socket;
  /** What the warden is told: a process, or a group as a negative number. */
  watched: number;
  /** Once it has said hello: nothing of the model has run yet. */
  begun: () => void;
  /** How many of its processes the kernel ended for memory. */
  killCount: () => number;
  residentBytes: () => Promise<number>;
  /** Ends it whatever it does, with all that it started. */
  kill: () => void;
  /** After its end. */
  gone: () => void;
}

/** A kind of models: how their processes are started, and what is to be expected of them. */
export interface Engine {
  launch: (options: LaunchOptions) => Launched;
  /** What the runtime itself takes before a model has done anything; a contract speaks of the model. */
  runtimeBytes: number;
  loadMs: number;
  /** A larger answer is a fault. */
  maxAnswerBytes: number;
}

const MIB = 1024 ** 2;
const PROGRAM = path.join(import.meta.dirname, "..", "onnx", "child", "main.mjs");
/** Small heaps: tensors lie outside them. */
const NODE_FLAGS = ["--max-semi-space-size=2", "--max-old-space-size=256", "--v8-pool-size=1"];
/** Limits that a process can only take on itself, before the runtime is there. A kernel that refuses one leaves the others. */
const WITH_LIMITS = 'ulimit -c 0; ulimit -n 256; ulimit -d "$1" 2>/dev/null; shift; exec "$@"';
/** The runtime would report to its maker over the network. */
const ENVIRONMENT = { ORT_DISABLE_TELEMETRY: "1" };

/** The process of ONNX models. */
const launchOnnx: Engine["launch"] = ({ folder, userId, memory, cpuMilli }) => {
  const command = [process.execPath, ...NODE_FLAGS, PROGRAM, String(userId ?? ""), String(NICENESS)];
  const kibibytes = String(Math.ceil(memory.dataBytes / 1024));
  const child = spawn("/bin/sh", ["-c", WITH_LIMITS, "sh", kibibytes, ...command], {
    cwd: folder,
    // Nothing of ours: whoever breaks out of a model finds no address, no password and no token.
    env: ENVIRONMENT as never,
    // A session of its own: what a terminal sends to the gateway's group is the gateway's to handle.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const channel = child.stdio[3];
  if (!(channel instanceof net.Socket)) throw new Error("a model's process has no channel");
  const pid = child.pid ?? 0;
  let bounds: ReturnType<typeof joinBounds> | undefined;
  return {
    child,
    channel,
    watched: pid,
    begun: () => {
      bounds = joinBounds(pid, memory, cpuMilli);
    },
    killCount: () => bounds?.killCount() ?? 0,
    residentBytes: () => residentBytes(pid),
    kill: () => void child.kill("SIGKILL"),
    gone: () => bounds?.remove(),
  };
};

export const ONNX_ENGINE: Engine = {
  launch: launchOnnx,
  runtimeBytes: 160 * MIB,
  loadMs: 60_000,
  maxAnswerBytes: 2 ** 31,
};
