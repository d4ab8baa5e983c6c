import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import path from "node:path";
import { log } from "@/server/core/log";
import type { MemoryBounds } from "./memory";

const ONNX = path.join(import.meta.dirname, "..", "onnx", "child", "main.mjs");
/** Small heaps: tensors lie outside them. */
const NODE_FLAGS = ["--max-semi-space-size=2", "--max-old-space-size=256", "--v8-pool-size=1"];
/**
 * Limits that a process can only take on itself, before the runtime is there; a kernel that refuses one leaves the others. It writes to no
 * file (`-f`), so it fills no disk. Processes (`-p`, in other shells `-u`) are counted by user, so only a user of its own can have a limit.
 */
const WITH_LIMITS = [
  "ulimit -c 0; ulimit -n 256; ulimit -f 0",
  'ulimit -d "$1" 2>/dev/null',
  '[ "$2" = "" ] || ulimit -p "$2" 2>/dev/null || ulimit -u "$2" 2>/dev/null',
  'shift 2; exec "$@"',
].join("; ");
/** Threads count; the runtime has about twenty. */
const MAX_PROCESSES = 64;
/** Models give way to the gateway, which answers for all of them. */
export const NICENESS = 5;
/** The runtime would report to its maker over the network. */
const ENVIRONMENT = { ORT_DISABLE_TELEMETRY: "1" };

let offline: readonly string[] | undefined;

/** Words before a command that leave it a network with nobody in it; none where this machine does not let us. */
export function withoutNetwork(): readonly string[] {
  if (offline) return offline;
  const options = process.getuid?.() === 0 ? ["--net"] : ["--user", "--map-current-user", "--net"];
  // Looked for as `startChild` will look for it: by a shell that has no path of ours.
  const isOffered =
    spawnSync("/bin/sh", ["-c", 'exec "$@"', "sh", "unshare", ...options, "true"], {
      env: ENVIRONMENT as never,
      stdio: "ignore",
    }).status === 0;
  offline = isOffered ? ["unshare", ...options, "--"] : [];
  if (!isOffered) log.warn("models cannot be kept from the network on this machine");
  return offline;
}

/** Where the kernel does not tell. */
const USUAL_DATA_BYTES = 56 * 1024 ** 2;
let dataBytes: number | undefined;

/** What the kernel counts as data of Node before a program begins, in bytes: some releases reserve half a gibibyte more than others. Measured once. */
export function nodeDataBytes(): number {
  if (dataBytes !== undefined) return dataBytes;
  const script = 'process.stdout.write(require("fs").readFileSync("/proc/self/status"))';
  const { stdout } = spawnSync(process.execPath, [...NODE_FLAGS, "-e", script], {
    env: ENVIRONMENT as never,
    encoding: "utf8",
  });
  const kibibytes = /^VmData:\s*(\d+) kB$/m.exec(stdout ?? "")?.[1];
  dataBytes = kibibytes === undefined ? USUAL_DATA_BYTES : Number(kibibytes) * 1024;
  return dataBytes;
}

export interface ChildOptions {
  /** Its working directory, which holds the files of its models and nothing else. */
  folder: string;
  userId: number | undefined;
  memory: MemoryBounds;
  /** What speaks for the models; the ONNX runtime where nothing else is said. */
  program?: string;
}

/** Starts a process for models; its frames come and go on descriptor 3. */
export function startChild({ folder, userId, memory, program = ONNX }: ChildOptions): ChildProcess {
  const node = [process.execPath, ...NODE_FLAGS, program, String(userId ?? ""), String(NICENESS)];
  const kibibytes = String(Math.ceil(memory.dataBytes / 1024));
  const processes = userId === undefined ? "" : String(MAX_PROCESSES);
  const command = [...withoutNetwork(), ...node];
  return spawn("/bin/sh", ["-c", WITH_LIMITS, "sh", kibibytes, processes, ...command], {
    cwd: folder,
    // Nothing of ours: whoever breaks out of a model finds no address, no password and no token.
    env: ENVIRONMENT as never,
    // A session of its own: what a terminal sends to the gateway's group is the gateway's to handle.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
}
