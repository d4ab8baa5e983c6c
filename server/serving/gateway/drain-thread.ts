import { SHARE_ENV, Worker } from "node:worker_threads";
import { log } from "@/server/core/log";

const RESTART_MS = 1_000;

export interface DrainThread {
  stop(): Promise<void>;
}

/** Keeps the thread at `script` running; records wait on disk while it is not. `stop` lets it finish its batch. */
export function startDrainThread(script: URL): DrainThread {
  let stopping = false;
  let thread: Worker;
  let ended: Promise<void>;
  const start = () => {
    if (stopping) return;
    thread = new Worker(new URL("typescript-thread.mjs", import.meta.url), {
      workerData: { script: script.href },
      // A part of this process, with the same code.
      env: SHARE_ENV,
    });
    thread.on("error", (error) => log.error({ err: error }, "the thread that stores predictions failed"));
    ended = new Promise((resolve) =>
      thread.on("exit", () => {
        resolve();
        setTimeout(start, RESTART_MS).unref();
      }),
    );
  };
  start();
  return {
    stop: async () => {
      stopping = true;
      thread.postMessage("stop");
      await ended;
    },
  };
}
