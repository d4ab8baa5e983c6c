import { DBOS } from "@dbos-inc/dbos-sdk";
import { and, eq, sql } from "drizzle-orm";
import { db } from "@/db/client";
import { stepsDone } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { inTransaction } from "@/server/core/verb";
import { log } from "@/server/core/log";
import { isTransient } from "@/server/core/transient";
import { requeueWorkflow } from "./engine";
import { outlastOutage } from "./transient";

export interface StepOptions {
  maxAttempts?: number;
  timeoutMs?: number;
}

/** What a workflow may do. Everything outside these calls must be deterministic: a resumed workflow runs its code again. */
export interface Workflow {
  readonly id: string;
  /**
   * Work whose result is recorded; at least once. Tried `maxAttempts` times (3), and for as long as the database is away. An
   * attempt that takes longer than `timeoutMs` counts as failed; its `signal` fires so that it can end what it started.
   */
  step: <T>(name: string, work: (signal?: AbortSignal) => Promise<T>, options?: StepOptions) => Promise<T>;
  /** A database effect that happens exactly once, in one transaction, as the factory acting for `teamId`. */
  once: <T>(name: string, teamId: string, work: (ctx: Ctx) => Promise<T>) => Promise<T>;
  /** Durable: after a restart only the rest is slept. */
  sleep: (ms: number) => Promise<void>;
  /** Durable; a time that has passed already is no wait. */
  sleepUntil: (date: Date) => Promise<void>;
  /** The next signal of a topic; null when none came in time. */
  waitFor: <T>(topic: string, options: { timeoutMs: number }) => Promise<T | null>;
  /** The time, recorded. */
  now: () => Promise<Date>;
}

async function runOnce<T>(
  workflowId: string,
  step: string,
  teamId: string,
  work: (ctx: Ctx) => Promise<T>,
): Promise<T> {
  const outer = createCtx({ actor: systemActor(teamId), db: db() });
  return inTransaction(outer, async (ctx) => {
    // A worker that hangs in here holds the step's row, and whoever takes over waits for it: the server must end that on any
    // installation, not only on our own Postgres.
    await ctx.db.execute(sql`set local idle_in_transaction_session_timeout = '120s'`);
    const claimed = await ctx.db
      .insert(stepsDone)
      .values({ workflowId, step })
      .onConflictDoNothing()
      .returning({ step: stepsDone.step });
    const own = and(eq(stepsDone.workflowId, workflowId), eq(stepsDone.step, step));
    if (claimed.length === 0) {
      const [earlier] = await ctx.db.select({ output: stepsDone.output }).from(stepsDone).where(own);
      return earlier?.output as T;
    }
    const output = await work(ctx);
    await ctx.db
      .update(stepsDone)
      .set({ output: output ?? null })
      .where(own);
    return output;
  });
}

function handle(): Workflow {
  const id = DBOS.workflowID ?? "";
  return {
    id,
    step: (name, work, options = {}) =>
      DBOS.runStep(() => outlastOutage(name, () => work(DBOS.stepStatus?.timeoutSignal)), {
        name,
        retriesAllowed: true,
        maxAttempts: options.maxAttempts ?? 3,
        timeoutMS: options.timeoutMs,
        intervalSeconds: 0.5,
        backoffRate: 2,
      }),
    once: (name, teamId, work) =>
      DBOS.runStep(() => outlastOutage(name, () => runOnce(id, name, teamId, work)), {
        name,
        retriesAllowed: true,
        maxAttempts: 3,
        intervalSeconds: 0.5,
        backoffRate: 2,
      }),
    sleep: (ms) => DBOS.sleep(ms),
    sleepUntil: async (date) => DBOS.sleep(Math.max(0, date.getTime() - (await DBOS.now()))),
    waitFor: <T>(topic: string, options: { timeoutMs: number }) =>
      DBOS.recv<T>(topic, { timeoutSeconds: options.timeoutMs / 1000 }),
    now: async () => new Date(await DBOS.now()),
  };
}

const REQUEUES = 5;
const FORGET_MS = 10 * 60_000;
const requeued = new Map<string, { count: number; atMs: number }>();

/** Whether this workflow may be given back once more: a step whose recorded failure merely looks like an outage must not circle for ever. */
function mayRequeue(id: string): boolean {
  const nowMs = Date.now();
  for (const [key, entry] of requeued) if (nowMs - entry.atMs > FORGET_MS) requeued.delete(key);
  const count = (requeued.get(id)?.count ?? 0) + 1;
  requeued.set(id, { count, atMs: nowMs });
  return count <= REQUEUES;
}

/**
 * Runs a workflow's body. The engine itself waits for a lost database, but not through every way a connection can break; such an
 * error must not end the workflow. It is given back to the queue before the error travels on, so the engine finds that this
 * execution owns it no more and records nothing. (Reviving it afterwards would cost the signals it had not yet received.)
 */
async function runBody(id: string, body: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await body()) ?? null;
  } catch (error) {
    if (!isTransient(error) || !mayRequeue(id)) throw error;
    log.warn(
      { err: error, workflow: id },
      "a connection broke under a workflow; it goes on at its last step",
    );
    await outlastOutage("requeue", () => requeueWorkflow(id));
    throw error;
  }
}

type Registered = (input: unknown) => Promise<unknown>;
const workflows = new Map<string, Registered>();

/** Declares a workflow under a stable name. Call it when the module loads, before the worker launches. */
export function defineWorkflow<I>(name: string, run: (wf: Workflow, input: I) => Promise<unknown>): void {
  if (workflows.has(name)) throw new Error(`Two workflows are called ${name}.`);
  workflows.set(
    name,
    DBOS.registerWorkflow(
      async (input: unknown) => {
        const wf = handle();
        return runBody(wf.id, () => run(wf, input as I));
      },
      { name },
    ),
  );
}

/** Starts a workflow; the same id starts it once, however often it is asked for. */
export async function startWorkflow(name: string, options: { id: string; input: unknown }): Promise<void> {
  const workflow = workflows.get(name);
  if (!workflow) throw new Error(`There is no workflow ${name}.`);
  const existing = await DBOS.getWorkflowStatus(options.id);
  if (existing) return;
  await DBOS.startWorkflow(workflow, { workflowID: options.id })(options.input);
}

/** Sends a signal to a workflow; with a key, at most once. */
export const signalWorkflow = (id: string, topic: string, value: unknown, key?: string): Promise<void> =>
  DBOS.send(id, value, topic, key);

/** How those of these workflows stand that were ever started: one question for all. */
export async function workflowStatuses(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const found = await DBOS.listWorkflows({ workflowIDs: [...ids], loadInput: false, loadOutput: false });
  return new Map(found.map(({ workflowID, status }) => [workflowID, status]));
}
