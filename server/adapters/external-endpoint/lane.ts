import { farBusy, farTooLate } from "./faults";

const MAX_QUEUED = 256;

interface Waiting {
  start: () => void;
}

/** Bounds how many requests are on their way to one endpoint, and how many wait for that. */
export class Lane {
  private readonly queue: Waiting[] = [];
  inFlight = 0;

  constructor(
    private readonly width: number,
    private readonly maxQueued = MAX_QUEUED,
  ) {}

  get queued(): number {
    return this.queue.length;
  }

  /** @throws AppError `unavailable` while too many wait, `timed_out` for one that waited until its end */
  async run<T>(work: () => Promise<T>, endsAtMs: number, deadlineMs: number): Promise<T> {
    if (this.inFlight >= this.width) await this.turn(endsAtMs, deadlineMs);
    else this.inFlight += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody takes it in between.
      const next = this.queue.shift();
      if (next) next.start();
      else this.inFlight -= 1;
    }
  }

  private turn(endsAtMs: number, deadlineMs: number): Promise<void> {
    if (this.queue.length >= this.maxQueued) return Promise.reject(farBusy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        start: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(
        () => {
          this.queue.splice(this.queue.indexOf(waiting), 1);
          reject(farTooLate(deadlineMs, true));
        },
        Math.max(0, endsAtMs - performance.now()),
      );
      this.queue.push(waiting);
    });
  }
}
