import type { ChildProcess } from "node:child_process";
import net from "node:net";
import { z } from "zod";
import { log } from "@/server/core/log";
import { FrameReader, jsonOf, KIND, type Frame } from "../onnx/child/frame.mjs";
import { joinBounds } from "./bounds";
import { startChild, type ChildOptions } from "./start-child";
import type { Warden } from "./warden";

const COMPLAINT_CHARACTERS = 2_000;
const Hello = z.object({ changedUser: z.boolean() });

export interface ProcessOptions extends ChildOptions {
  cpuMilli: number | undefined;
  warden: Warden;
  onFrame: (frame: Frame) => void;
  /** Once, when it is gone, with the reason in words. */
  onExit: (reason: string) => void;
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
    this.child = startChild(options);
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
    if (this.why !== "") return;
    try {
      this.reader.push(chunk);
      for (let frame = this.reader.next(); frame; frame = this.reader.next()) {
        if (frame.kind === KIND.hello) this.greet(frame);
        if (this.why !== "") return;
        this.options.onFrame(frame);
      }
    } catch (error) {
      // Whatever a model has made of its process, what it writes hurts only itself.
      this.kill(`its process wrote what no model writes: ${error instanceof Error ? error.message : ""}`);
    }
  }

  private greet(frame: Frame): void {
    const { userId, memory, cpuMilli } = this.options;
    if (this.bounds) return this.kill("its process began a second time");
    this.bounds = joinBounds(this.pid, memory, cpuMilli);
    if (userId !== undefined && !Hello.parse(jsonOf(frame)).changedUser)
      this.kill("its process could not become a user of its own");
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
    this.killAll();
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
    // Afterwards its number may be another's.
    if (!this.gone) this.killAll();
  }

  /** The process and whatever it has started, wherever that went. */
  private killAll(): void {
    for (const pid of [-this.pid, ...(this.bounds?.pids() ?? [])])
      try {
        if (pid !== 0) process.kill(pid, "SIGKILL");
      } catch {
        // It is gone already.
      }
  }
}
