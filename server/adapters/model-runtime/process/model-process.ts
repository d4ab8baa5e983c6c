import { z } from "zod";
import { lastCharacters } from "@/server/core/characters";
import { log } from "@/server/core/log";
import { FrameReader, jsonOf, KIND, type Frame } from "../onnx/child/frame.mjs";
import { ONNX_ENGINE, type Engine, type Launched, type LaunchOptions } from "./launch";
import type { Warden } from "./warden";

const COMPLAINT_CHARACTERS = 2_000;
const Hello = z.object({ changedUser: z.boolean() });

export interface ProcessOptions extends LaunchOptions {
  /** ONNX where nothing is said. */
  engine?: Engine;
  warden: Warden;
  onFrame: (frame: Frame) => void;
  /** Once, when it is gone, with the reason in words. */
  onExit: (reason: string) => void;
}

/** One process for models: frames go in and come out, in order. */
export class ModelProcess {
  private readonly launched: Launched;
  private readonly reader = new FrameReader();
  private why = "";
  private complaint = "";
  private gone = false;
  private hasGreeted = false;

  constructor(private readonly options: ProcessOptions) {
    this.launched = (options.engine ?? ONNX_ENGINE).launch(options);
    const { child, channel } = this.launched;
    channel.on("data", (chunk: Buffer) => this.take(chunk));
    channel.on("error", () => undefined);
    child.stderr?.on("data", (chunk: Buffer) => {
      this.complaint = lastCharacters(this.complaint + chunk.toString("utf8"), COMPLAINT_CHARACTERS);
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
    if (this.hasGreeted) return this.kill("its process began a second time");
    this.hasGreeted = true;
    this.launched.begun();
    if (this.options.userId !== undefined && !Hello.parse(jsonOf(frame)).changedUser)
      this.kill("its process could not become a user of its own");
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
    // Afterwards its number may be another's.
    if (!this.gone) this.launched.kill();
  }
}
