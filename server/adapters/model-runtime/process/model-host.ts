import { log } from "@/server/core/log";
import { KIND, type Frame } from "../onnx/child/frame.mjs";
import { Call } from "./call";
import {
  CALM_MS,
  DEPTH,
  GRACE_MS,
  isLooping,
  MAX_QUEUED,
  MAX_QUEUED_BYTES,
  modelFault,
  notLoaded,
  queueFull,
  recentDeaths,
  restartDelayMs,
  restarting,
  SMALL_FRAME_BYTES,
  tooLate,
  WATCH_MS,
} from "./host-rules";
import { inMebibytes } from "./memory";
import type { Engine, LaunchOptions } from "./launch";
import { ModelProcess } from "./model-process";
import type { Warden } from "./warden";

export interface HostOptions extends LaunchOptions {
  /** ONNX where nothing is said. */
  engine?: Engine;
  warden: Warden;
  /** Loads what the process must hold; called at each start, before any request, and again while `isIncomplete`. */
  onStart: (host: ModelHost) => Promise<void>;
  isIncomplete: () => boolean;
  /** When `trouble` has changed. */
  onTrouble: () => void;
}

export interface Trouble {
  looping: boolean;
  reason: string;
}

/** Keeps one process at work: queue, deadlines, an end for what hangs or swells, and a new start, later each time. */
export class ModelHost {
  private process: ModelProcess | undefined;
  private phase: "starting" | "up" | "waiting" | "closed" = "starting";
  private queue: Call[] = [];
  private queuedBytes = 0;
  /** In the process or on the way to it, in order; it works on the first. */
  private sent: Call[] = [];
  private busySinceMs = 0;
  private pumping: NodeJS.Immediate | undefined;
  private watch: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;
  private deathsMs: number[] = [];
  private nextStartMs = 0;
  private readonly whenIdle: (() => void)[] = [];
  private settleClosed: (() => void) | undefined;
  restarts = 0;
  /** What is wrong with the process; undefined while it is well. */
  trouble: Trouble | undefined;

  constructor(readonly options: HostOptions) {
    this.start();
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  async residentBytes(): Promise<number> {
    return (await this.process?.residentBytes()) ?? 0;
  }

  get waiting(): number {
    return this.queue.length;
  }

  get inFlight(): number {
    return this.sent.length;
  }

  private start(): void {
    this.phase = "starting";
    this.process = new ModelProcess({
      ...this.options,
      onFrame: (frame) => this.take(frame),
      onExit: (reason) => this.died(reason),
    });
  }

  private async begin(): Promise<void> {
    const { process } = this;
    const { onStart, isIncomplete } = this.options;
    try {
      do await onStart(this);
      while (isIncomplete());
    } catch (error) {
      process?.kill(`it could not be loaded again: ${error instanceof Error ? error.message : ""}`);
      return;
    }
    if (this.phase !== "starting" || process !== this.process) return;
    this.phase = "up";
    if (this.trouble?.looping) this.timer = setTimeout(() => this.calm(), CALM_MS);
    else if (this.trouble) this.calm();
    this.pump();
  }

  private calm(): void {
    // A single death is over with the next start; it is remembered for how long the one after the next waits.
    if (this.trouble?.looping) this.deathsMs = [];
    this.trouble = undefined;
    this.options.onTrouble();
  }

  private take(frame: Frame): void {
    if (frame.kind === KIND.hello) {
      void this.begin();
      return;
    }
    const call = this.sent.shift();
    this.busySinceMs = Date.now();
    if (call?.id === frame.id) call.resolve(frame);
    else this.process?.kill("its process answered something that was not asked");
    if (this.queue.length > 0) this.pump();
    this.rest();
  }

  /** When nothing is asked of it any more. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.whenIdle.push(resolve);
      this.rest();
    });
  }

  private rest(): void {
    if (this.whenIdle.length === 0 || this.sent.length > 0 || this.queue.length > 0) return;
    for (const resolve of this.whenIdle.splice(0)) resolve();
  }

  private pump(): void {
    const frames: Buffer[] = [];
    while (this.phase === "up" && this.sent.length < DEPTH) {
      const [call] = this.queue;
      if (!call || (this.sent.length > 0 && call.frame.length > SMALL_FRAME_BYTES)) break;
      this.queue.shift();
      this.queuedBytes -= call.frame.length;
      if (!call.done) frames.push(this.dispatch(call));
    }
    if (frames.length > 0) this.process?.send(frames);
  }

  private dispatch(call: Call): Buffer {
    if (this.sent.length === 0) this.busySinceMs = Date.now();
    this.sent.push(call);
    this.watch ??= setTimeout(() => void this.look(), WATCH_MS);
    return call.frame;
  }

  /** Ends a process that is stuck in a request, or has swollen. What it keeps it took in a request, so one look after the last is enough. */
  private async look(): Promise<void> {
    const [head] = this.sent;
    const { process } = this;
    this.watch = undefined;
    if (!process || this.phase === "closed") return;
    if (head && Date.now() - this.busySinceMs > head.limitMs + GRACE_MS)
      process.kill(`it was still at work on a request after ${Math.round(head.limitMs + GRACE_MS)} ms`);
    else {
      const bytes = await process.residentBytes();
      const { residentBytes: bound } = this.options.memory;
      if (bytes > bound)
        process.kill(`its process took ${inMebibytes(bytes)} of memory; ${inMebibytes(bound)} are allowed`);
    }
    // Also when the last answer came while it was looked at: what was measured may be from before.
    if (head || this.sent.length > 0) this.watch ??= setTimeout(() => void this.look(), WATCH_MS);
  }

  private died(reason: string): void {
    this.settleClosed?.();
    if (this.phase === "closed") return;
    clearTimeout(this.timer);
    const now = Date.now();
    this.deathsMs = [...recentDeaths(this.deathsMs, now), now];
    this.restarts += 1;
    const [culprit, ...others] = this.sent;
    this.sent = [];
    culprit?.reject(modelFault(reason));
    const again = others.filter((call) => !call.done && (call.interrupted += 1) < 2);
    for (const call of others) if (!again.includes(call)) call.reject(modelFault(reason));
    this.queue.unshift(...again);
    this.queuedBytes += again.reduce((sum, call) => sum + call.frame.length, 0);
    const waitMs = restartDelayMs(this.deathsMs.length);
    log.warn({ pid: this.pid, reason, waitMs }, "a model's process ended and is started again");
    this.trouble = { looping: isLooping(this.deathsMs, now), reason };
    this.nextStartMs = now + waitMs;
    if (waitMs === 0) this.start();
    else this.restLater(reason, waitMs);
    this.options.onTrouble();
    this.rest();
  }

  private restLater(reason: string, waitMs: number): void {
    this.phase = "waiting";
    for (const call of this.queue.splice(0)) call.reject(restarting(reason, waitMs));
    this.queuedBytes = 0;
    this.timer = setTimeout(() => this.start(), waitMs);
  }

  /** Sends a request past the queue: what a start needs. */
  direct<T>(frame: Buffer, limitMs: number, read: (frame: Frame) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = new Call(frame, limitMs, { resolve: (answer) => resolve(read(answer)), reject });
      this.process?.send([this.dispatch(call)]);
    });
  }

  get isUp(): boolean {
    return this.phase === "up";
  }

  /** Queues a request; it is answered, or given up at its deadline. */
  ask<T>(frame: Buffer, deadlineMs: number, read: (frame: Frame) => T): Promise<T> {
    if (this.phase === "waiting")
      return Promise.reject(restarting(this.trouble?.reason ?? "", this.nextStartMs - Date.now()));
    if (this.queue.length >= MAX_QUEUED || this.queuedBytes + frame.length > MAX_QUEUED_BYTES)
      return Promise.reject(queueFull());
    return new Promise((resolve, reject) => {
      const call = new Call(frame, deadlineMs, { resolve: (answer) => resolve(read(answer)), reject });
      call.giveUpAfter(deadlineMs, () => this.giveUp(call, deadlineMs));
      this.queue.push(call);
      this.queuedBytes += frame.length;
      // A process that rests begins at once; others wait for all that arrived with them, so that they share a write.
      if (this.sent.length === 0) return this.pump();
      this.pumping ??= setImmediate(() => {
        this.pumping = undefined;
        this.pump();
      });
    });
  }

  private giveUp(call: Call, deadlineMs: number): void {
    const waits = this.queue.includes(call);
    if (waits) {
      this.queue = this.queue.filter((each) => each !== call);
      this.queuedBytes -= call.frame.length;
    }
    call.reject(tooLate(deadlineMs, waits || this.sent[0] !== call));
    this.rest();
  }

  /** Resolves when its process is gone. */
  close(): Promise<void> {
    const runs = this.phase === "starting" || this.phase === "up";
    this.phase = "closed";
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    for (const call of [...this.sent.splice(0), ...this.queue.splice(0)]) call.reject(notLoaded());
    this.rest();
    if (!runs) return Promise.resolve();
    return new Promise((resolve) => {
      this.settleClosed = resolve;
      this.process?.kill("it was taken out of service");
    });
  }
}
