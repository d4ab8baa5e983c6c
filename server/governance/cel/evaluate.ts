import { Worker } from "node:worker_threads";
import { z } from "zod";
import { checkContext, checkExpression, DEFAULT_LIMITS } from "./limits";
import type { CelLimits } from "./limits";

/** Named in attestations, so that an evaluation can be repeated. */
export const CEL_ENGINE = { id: "npm:@bufbuild/cel", version: "0.6.1" } as const;

const Reply = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ready") }),
  z.object({ kind: z.literal("value"), value: z.json() }),
  z.object({ kind: z.literal("error"), message: z.string() }),
]);
type Reply = z.infer<typeof Reply>;

export type CelOutcome = Exclude<Reply, { kind: "ready" }>;
export type CelContext = Record<string, unknown>;

const STARTUP_TIMEOUT_MS = 20_000;

/**
 * Evaluates CEL expressions one at a time in a worker thread that is ended at the deadline or when it outgrows its
 * memory, whatever the expression does. Never throws for a bad expression: that is an `error` outcome.
 */
export class CelEvaluator {
  readonly #limits: CelLimits;
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(limits: Partial<CelLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** `context` is plain JSON; its top-level names are the variables of the expression. */
  evaluate(expression: string, context: CelContext): Promise<CelOutcome> {
    const refusal = checkExpression(expression, this.#limits) ?? checkContext(context, this.#limits);
    if (refusal !== undefined) return Promise.resolve({ kind: "error", message: refusal });
    const result = this.#queue.then(() => this.#run(expression, context));
    this.#queue = result;
    return result;
  }

  /** Ends the thread; the next evaluation starts a new one. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  async #run(expression: string, context: CelContext): Promise<CelOutcome> {
    try {
      const worker = await this.#ready();
      const answer = nextReply(worker, this.#limits.deadlineMs);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
      worker.postMessage({ expression, context });
      const reply = await answer;
      if (reply.kind !== "ready") return reply;
      throw new Error("the evaluator answered out of turn");
    } catch (error) {
      await this.close();
      return { kind: "error", message: error instanceof Error ? error.message : String(error) };
    }
  }

  async #ready(): Promise<Worker> {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./cel-worker.mjs", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMegabytes, stackSizeMb: 4 },
      execArgv: [],
      env: {},
    });
    worker.unref();
    worker.on("error", () => this.#forget(worker));
    worker.on("exit", () => this.#forget(worker));
    this.#worker = worker;
    const hello = await nextReply(worker, STARTUP_TIMEOUT_MS);
    if (hello.kind !== "ready") throw new Error("the evaluator did not start");
    return worker;
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
  }
}

function nextReply(worker: Worker, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const finish = (act: () => void) => {
      clearTimeout(timer);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      act();
    };
    const onMessage = (message: unknown) => finish(() => resolve(Reply.parse(message)));
    const onError = (error: unknown) => finish(() => reject(error));
    const onExit = () => finish(() => reject(new Error("the evaluator ended")));
    const timer = setTimeout(
      () => finish(() => reject(new Error(`the expression took longer than ${timeoutMs} ms`))),
      timeoutMs,
    );
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
  });
}

const shared = new CelEvaluator();

/** Evaluates with the process's shared evaluator and default limits. */
export const evaluateCel = (expression: string, context: CelContext): Promise<CelOutcome> =>
  shared.evaluate(expression, context);

/** The only way to read a condition: exactly the boolean `true`; errors, missing fields and truthy values do not pass. */
export const isTrue = (outcome: CelOutcome): boolean => outcome.kind === "value" && outcome.value === true;
