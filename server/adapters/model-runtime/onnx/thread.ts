import path from "node:path";
import { Worker } from "node:worker_threads";
import { AppError, invalid } from "@/server/core/errors";
import { log } from "@/server/core/log";

/** What worker.mjs, our own code, answers; not parsed again on the hot path. */
type Answer =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; refused: boolean; message: string };

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

const SCRIPT = path.join(import.meta.dirname, "worker.mjs");

const gone = () =>
  new AppError("unavailable", "The inference worker ended while it worked on this request.", {
    hint: "Send the request again.",
  });

/** One inference thread. A thread that dies is replaced, its models are loaded again, and what it was working on is rejected. */
export class InferenceThread {
  private worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private readonly models = new Map<string, string>();
  private nextId = 1;
  private closing = false;

  constructor(private readonly timeoutMs: number) {
    this.worker = this.spawn();
  }

  get load(): number {
    return this.pending.size;
  }

  private spawn(): Worker {
    const worker = new Worker(SCRIPT, { execArgv: [] });
    worker.unref();
    worker.on("message", (message: Answer) => this.answer(message));
    worker.on("error", (error) => log.error({ err: error }, "inference worker failed"));
    worker.on("exit", () => {
      for (const [id, call] of this.pending) {
        clearTimeout(call.timer);
        this.pending.delete(id);
        call.reject(gone());
      }
      if (this.closing) return;
      this.worker = this.spawn();
      for (const [digest, file] of this.models) {
        this.call("load", { digest, path: file }).catch((error: unknown) =>
          log.error({ err: error, digest }, "model could not be loaded again"),
        );
      }
    });
    return worker;
  }

  private answer(answer: Answer) {
    const call = this.pending.get(answer.id);
    if (!call) return;
    this.pending.delete(answer.id);
    clearTimeout(call.timer);
    if (answer.ok) call.resolve(answer.value);
    else if (answer.refused)
      call.reject(
        invalid(
          `The model refused the request: ${answer.message}`,
          "Compare the inputs with the model's metadata.",
        ),
      );
    else call.reject(new Error(answer.message));
  }

  call(name: "load" | "infer" | "unload", args: Record<string, unknown>): Promise<unknown> {
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(
          new AppError("unavailable", `The model took longer than ${this.timeoutMs} ms.`, {
            hint: "Send fewer rows at once.",
          }),
        );
        // The thread is stuck in native code; only ending it frees it.
        void this.worker.terminate();
      }, this.timeoutMs);
      timer.unref();
      this.pending.set(id, { resolve, reject, timer });
      this.worker.postMessage({ id, call: name, args });
    });
  }

  remember(digest: string, file: string) {
    this.models.set(digest, file);
  }

  forget(digest: string) {
    this.models.delete(digest);
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.worker.terminate();
  }
}
