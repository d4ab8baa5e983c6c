import type { ChildProcess } from "node:child_process";
import net from "node:net";
import { joinBounds } from "./bounds";
import { residentBytes } from "./memory";
import { nodeDataBytes, startChild, type ChildOptions } from "./start-child";

export interface LaunchOptions extends ChildOptions {
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
  /** Stacks and reserves that are counted as data although nothing is in them. */
  reservedBytes: number;
  loadMs: number;
  /** What it is in the protocol's words; left out for ONNX Runtime. */
  platform?: string;
}

const MIB = 1024 ** 2;

/** The process of ONNX models. */
const launchOnnx: Engine["launch"] = (options) => {
  const child = startChild(options);
  const channel = child.stdio[3];
  if (!(channel instanceof net.Socket)) throw new Error("a model's process has no channel");
  const pid = child.pid ?? 0;
  let bounds: ReturnType<typeof joinBounds> | undefined;
  /** The process and whatever it has started, wherever that went. */
  const kill = () => {
    for (const each of [-pid, ...(bounds?.pids() ?? [])])
      try {
        if (each !== 0) process.kill(each, "SIGKILL");
      } catch {
        // It is gone already.
      }
  };
  return {
    child,
    channel,
    watched: pid,
    begun: () => {
      bounds = joinBounds(pid, options.memory, options.cpuMilli);
    },
    killCount: () => bounds?.killCount() ?? 0,
    residentBytes: () => residentBytes(pid),
    kill,
    gone: () => {
      kill();
      bounds?.remove();
    },
  };
};

export const ONNX_ENGINE: Engine = {
  launch: launchOnnx,
  runtimeBytes: 160 * MIB,
  get reservedBytes() {
    return 136 * MIB + nodeDataBytes();
  },
  loadMs: 60_000,
};
