import type { Frame } from "../onnx/child/frame.mjs";

/** One exchange with a model's process. */
export class Call {
  private timer: NodeJS.Timeout | undefined;
  /** Answered, or given up; what still comes is thrown away. */
  done = false;
  /** How often it was on its way when the process ended. */
  interrupted = 0;

  constructor(
    readonly frame: Buffer,
    /** How long its process may be at work on it. */
    readonly limitMs: number,
    private readonly settle: { resolve: (frame: Frame) => void; reject: (error: Error) => void },
  ) {}

  get id(): number {
    return this.frame.readUInt32LE(4);
  }

  giveUpAfter(ms: number, giveUp: () => void): void {
    this.timer = setTimeout(giveUp, ms);
  }

  resolve(frame: Frame): void {
    if (this.done) return;
    this.end();
    try {
      // Now: the frame's memory is used again for what comes next.
      this.settle.resolve(frame);
    } catch (error) {
      this.settle.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  reject(error: Error): void {
    if (this.done) return;
    this.end();
    this.settle.reject(error);
  }

  private end(): void {
    this.done = true;
    clearTimeout(this.timer);
  }
}
