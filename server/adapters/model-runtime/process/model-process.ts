import { log } from "@/server/core/log";
import { FrameReader, KIND, type Frame } from "../onnx/child/frame.mjs";
import type { Engine, Launched, LaunchOptions } from "./launch";
import type { Warden } from "./warden";

const COMPLAINT_CHARACTERS = 2_000;

export interface ProcessOptions extends LaunchOptions {
  engine: Engine;
  warden: Warden;
  onFrame: (frame: Frame) => void;
  /** Once, when it is gone, with the reason in words. */
  onExit: (reason: string) => void;
}

/** One process for models: frames go in and come out, in order. */
export class ModelProcess {
  private readonly launched: Launched;
  private readonly reader: FrameReader;
  private why = "";
  private complaint = "";
  private gone = false;

  constructor(private readonly options: ProcessOptions) {
    this.reader = new FrameReader(options.engine.maxAnswerBytes);
    this.launched = options.engine.launch(options);
    const { child, channel } = this.launched;
    channel.on("data", (chunk: Buffer) => this.take(chunk));
    channel.on("error", () => undefined);
    child.stderr?.on("data", (chunk: Buffer) => {
      this.complaint = (this.complaint + chunk.toString("utf8")).slice(-COMPLAINT_CHARACTERS);
    });
    child.on("error", (error) => this.ended(`its process did not start: ${error.message}`));
    child.on("exit", (code, signal) => this.ended(this.reasonOf(code, signal)));
    if (this.pid !== 0) options.warden.watch(this.launched.watched);
  }

  get pid(): number {
    return this.launched.child.pid ?? 0;
  }

  residentBytes(): Promise<number> {
    return this.launched.residentBytes();
  }

  private take(chunk: Buffer): void {
    try {
      this.reader.push(chunk);
      for (let frame = this.reader.next(); frame; frame = this.reader.next()) {
        if (frame.kind === KIND.hello) this.launched.begun();
        this.options.onFrame(frame);
      }
    } catch (error) {
      // A process that runs a model's own code may write anything.
      this.kill(`its process answered what is no answer: ${error instanceof Error ? error.message : ""}`);
    }
  }

  private reasonOf(code: number | null, signal: string | null): string {
    if (this.why !== "") return this.why;
    if (this.launched.killCount() > 0) return "the kernel ended its process, which took too much memory";
    return signal ? `its process was ended by ${signal}` : `its process ended with code ${code}`;
  }

  private ended(reason: string): void {
    if (this.gone) return;
    this.gone = true;
    this.options.warden.forget(this.launched.watched);
    this.launched.gone();
    this.launched.channel.destroy();
    if (this.complaint !== "")
      log.warn({ pid: this.pid, complaint: this.complaint }, "a model's process said");
    this.options.onExit(reason);
  }

  send(frames: readonly Buffer[]): void {
    const [first] = frames;
    if (first) this.launched.channel.write(frames.length === 1 ? first : Buffer.concat(frames));
  }

  /** Ends it whatever it does. */
  kill(why: string): void {
    if (this.why === "") this.why = why;
    this.launched.kill();
  }
}
