import { spawn, type ChildProcess } from "node:child_process";
import net from "node:net";
import path from "node:path";
import { log } from "@/server/core/log";
import { FrameReader, KIND, type Frame } from "../onnx/child/frame.mjs";
import { joinBounds } from "./bounds";
import type { MemoryBounds } from "./memory";
import type { Warden } from "./warden";

const PROGRAM = path.join(import.meta.dirname, "..", "onnx", "child", "main.mjs");
/** Small heaps: tensors lie outside them. */
const NODE_FLAGS = ["--max-semi-space-size=2", "--max-old-space-size=256", "--v8-pool-size=1"];
/** Limits that a process can only take on itself, before the runtime is there. A kernel that refuses one leaves the others. */
const WITH_LIMITS = 'ulimit -c 0; ulimit -n 256; ulimit -d "$1" 2>/dev/null; shift; exec "$@"';
/** Models give way to the gateway, which answers for all of them. */
const NICENESS = 5;
/** The runtime would report to its maker over the network. */
const ENVIRONMENT = { ORT_DISABLE_TELEMETRY: "1" };
const COMPLAINT_CHARACTERS = 2_000;

export interface ProcessOptions {
  /** Its working directory, which holds the files of its models and nothing else. */
  folder: string;
  userId: number | undefined;
  memory: MemoryBounds;
  cpuMilli: number | undefined;
  warden: Warden;
  onFrame: (frame: Frame) => void;
  /** Once, when it is gone, with the reason in words. */
  onExit: (reason: string) => void;
}

function start({ folder, userId, memory }: ProcessOptions): ChildProcess {
  const command = [process.execPath, ...NODE_FLAGS, PROGRAM, String(userId ?? ""), String(NICENESS)];
  const kibibytes = String(Math.ceil(memory.dataBytes / 1024));
  return spawn("/bin/sh", ["-c", WITH_LIMITS, "sh", kibibytes, ...command], {
    cwd: folder,
    // Nothing of ours: whoever breaks out of a model finds no address, no password and no token.
    env: ENVIRONMENT as never,
    // A session of its own: what a terminal sends to the gateway's group is the gateway's to handle.
    detached: true,
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
}

/** One process for models: frames go in and come out, in order. */
export class ModelProcess {
  private readonly child: ChildProcess;
  private readonly socket: net.Socket;
  private readonly reader = new FrameReader();
  private bounds: ReturnType<typeof joinBounds> | undefined;
  private why = "";
  private complaint = "";
  private gone = false;

  constructor(private readonly options: ProcessOptions) {
    this.child = start(options);
    const [, , complaints, socket] = this.child.stdio;
    if (!(socket instanceof net.Socket)) throw new Error("a model's process has no channel");
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("error", () => undefined);
    if (complaints instanceof net.Socket)
      complaints.on("data", (chunk: Buffer) => {
        this.complaint = (this.complaint + chunk.toString("utf8")).slice(-COMPLAINT_CHARACTERS);
      });
    this.child.on("error", (error) => this.ended(`its process did not start: ${error.message}`));
    this.child.on("exit", (code, signal) => this.ended(this.reasonOf(code, signal)));
    if (this.pid !== 0) options.warden.watch(this.pid);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  private take(chunk: Buffer): void {
    this.reader.push(chunk);
    for (let frame = this.reader.next(); frame; frame = this.reader.next()) {
      if (frame.kind === KIND.hello) {
        const { memory, cpuMilli } = this.options;
        this.bounds = joinBounds(this.pid, memory, cpuMilli);
      }
      this.options.onFrame(frame);
    }
  }

  private reasonOf(code: number | null, signal: string | null): string {
    if (this.why !== "") return this.why;
    if ((this.bounds?.killCount() ?? 0) > 0)
      return "the kernel ended its process, which took too much memory";
    return signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`;
  }

  private ended(reason: string): void {
    if (this.gone) return;
    this.gone = true;
    this.options.warden.forget(this.pid);
    this.bounds?.remove();
    this.socket.destroy();
    if (this.complaint !== "")
      log.warn({ pid: this.pid, complaint: this.complaint }, "a model's process said");
    this.options.onExit(reason);
  }

  send(frames: readonly Buffer[]): void {
    const [first] = frames;
    if (first) this.socket.write(frames.length === 1 ? first : Buffer.concat(frames));
  }

  /** Ends it whatever it does. */
  kill(why: string): void {
    if (this.why === "") this.why = why;
    this.child.kill("SIGKILL");
  }
}
