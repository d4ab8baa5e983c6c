import { setTimeout as sleep } from "node:timers/promises";
import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobAttempts, jobs } from "@/db/schema";
import { isTerminal, type AttemptState } from "@/server/adapters/cluster";
import { cluster } from "@/server/composition";
import { systemActor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { AttemptLooks, type Look } from "./attempt-looks";
import { attemptSpecOf } from "./attempt-spec";
import { finishAttempt, type AttemptEnd } from "./finish-attempt";
import { toJob, type AttemptRow, type Job } from "./load";
import { JOB_REASONS } from "./rules";
import { jobTopic, jobsTopic } from "./kinds";

const NOTE_EVERY_MS = 2_000;
const ELSEWHERE_MS = 1_000;
const START_TRIES = 3;
const START_PAUSE_MS = 2_000;
const CANCEL_GRACE_MS = 10_000;

export interface LoadedAttempt {
  ctx: Ctx;
  attempt: AttemptRow;
  job: Job;
}

/** An attempt with its job and a context of the system acting for its team; undefined when there is none. */
export async function loadAttempt(db: Db, attemptId: string): Promise<LoadedAttempt | undefined> {
  const [row] = await db
    .select({ attempt: jobAttempts, job: jobs })
    .from(jobAttempts)
    .innerJoin(jobs, eq(jobs.id, jobAttempts.jobId))
    .where(eq(jobAttempts.id, attemptId));
  if (!row) return undefined;
  const ctx = createCtx({ actor: systemActor(row.job.teamId), db });
  return { ctx, attempt: row.attempt, job: toJob(row.job) };
}

const startFailure = (error: unknown): AttemptEnd => ({
  reason: "StartFailed",
  text: isAppError(error) ? error.message : "The cluster did not take the job.",
});

/** Makes sure that an attempt that was given up does not start late after all. */
async function giveUp(attemptId: string): Promise<void> {
  try {
    await cluster().stop(attemptId, { graceMs: 0, reason: "Given up: it did not start in time" });
  } catch (error) {
    if (!isAppError(error) || error.code !== "not_found") throw error;
  }
}

/** Takes an attempt for this place; false where another has it. */
async function takeHere(db: Db, attempt: AttemptRow): Promise<boolean> {
  const here = await cluster().place();
  if (attempt.place !== null) return attempt.place === here;
  await db
    .update(jobAttempts)
    .set({ place: here })
    .where(and(eq(jobAttempts.id, attempt.id), isNull(jobAttempts.place), isNull(jobAttempts.endedAt)));
  const [now] = await db
    .select({ place: jobAttempts.place })
    .from(jobAttempts)
    .where(eq(jobAttempts.id, attempt.id));
  return now?.place === here;
}

/**
 * Hands an attempt to the cluster; doing it again adopts what is already there. An attempt that cannot be started is ended in
 * words, one that another place has is left to it. A database that is away throws, and the caller tries again.
 */
export async function submitAttempt(db: Db, attemptId: string): Promise<void> {
  const loaded = await loadAttempt(db, attemptId);
  if (!loaded || loaded.attempt.endedAt) return;
  if (!(await takeHere(db, loaded.attempt))) return;
  const { ctx, job } = loaded;
  const known = await cluster().observe(attemptId);
  // One that nobody keeps was handed over by a worker, of an earlier release perhaps, that died before it was started.
  if (known && known.phase !== "starting") return;
  if (job.cancelRequestedAt) {
    return finishAttempt(loaded, { reason: "Cancelled", text: job.reasonText });
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await cluster().submit(await attemptSpecOf(ctx, job, attemptId));
      return;
    } catch (error) {
      if (!isAppError(error)) throw error;
      ctx.log.warn({ err: error, attemptId }, "attempt did not start");
      if (error.code !== "unavailable" || attempt >= START_TRIES) {
        await giveUp(attemptId);
        return finishAttempt(loaded, startFailure(error));
      }
      await sleep(START_PAUSE_MS);
    }
  }
}

async function noteRunning({ ctx, attempt, job }: LoadedAttempt, state: AttemptState): Promise<void> {
  const running = state.phase === "running";
  await inTransaction(ctx, async (tx) => {
    const startedAt = state.startedAt ? new Date(state.startedAt) : null;
    await tx.db
      .update(jobAttempts)
      .set({ state: running ? "running" : "preparing", startedAt, isolation: state.isolation })
      .where(and(eq(jobAttempts.id, attempt.id), isNull(jobAttempts.endedAt)));
    const [changed] = await tx.db
      .update(jobs)
      .set({
        state: running ? "running" : "preparing",
        reason: sql`case when ${jobs.cancelRequestedAt} is null then ${running ? "Running" : "Preparing"} else 'Cancelling' end`,
        reasonText: sql`case when ${jobs.cancelRequestedAt} is null then ${`${JOB_REASONS[running ? "Running" : "Preparing"]}.`} else ${jobs.reasonText} end`,
        ...(running ? { startedAt: sql`coalesce(${jobs.startedAt}, ${state.startedAt})` } : {}),
      })
      .where(and(eq(jobs.id, job.id), sql`${jobs.state} in ('preparing', 'running')`))
      .returning({ id: jobs.id });
    if (changed && running) await emit(tx, { type: "compute.job_started", payload: { jobId: job.id } });
    await notifyLive(tx.db, job.teamId, jobTopic(job.id), jobsTopic);
  });
}

async function noteUsage({ ctx, attempt, job }: LoadedAttempt, state: AttemptState): Promise<void> {
  const changed = await ctx.db
    .update(jobAttempts)
    .set({ peakRssBytes: state.peakRssBytes, cpuSeconds: state.cpuSeconds })
    .where(
      and(
        eq(jobAttempts.id, attempt.id),
        sql`${jobAttempts.cpuSeconds} is distinct from ${state.cpuSeconds}`,
      ),
    )
    .returning({ id: jobAttempts.id });
  if (changed.length > 0) await notifyLive(ctx.db, job.teamId, jobTopic(job.id));
}

/** What a look at a running attempt asks for; answers its state when it has ended. */
function createWatch(loaded: LoadedAttempt) {
  let phase = "";
  let notedAt = 0;
  let stopped = false;
  return async ({ state, cancel }: Look): Promise<AttemptState | "missing" | undefined> => {
    if (state === null) return "missing";
    if (isTerminal(state.phase)) return state;
    if (state.phase !== phase) {
      if (state.phase !== "starting") await noteRunning(loaded, state);
      phase = state.phase;
    }
    if (Date.now() - notedAt > NOTE_EVERY_MS) {
      notedAt = Date.now();
      await noteUsage(loaded, state);
    }
    if (cancel !== undefined && !stopped) {
      await cluster().stop(loaded.attempt.id, { graceMs: CANCEL_GRACE_MS, reason: cancel || "Cancelled" });
      stopped = true;
    }
    return undefined;
  };
}

const looks = new WeakMap<Db, AttemptLooks>();

function looksOf(db: Db): AttemptLooks {
  const known = looks.get(db) ?? new AttemptLooks(db, (attemptIds) => cluster().observeMany(attemptIds));
  looks.set(db, known);
  return known;
}

const followed = new Map<string, number>();
const count = (attemptId: string, by: 1 | -1) => {
  const now = (followed.get(attemptId) ?? 0) + by;
  if (now > 0) followed.set(attemptId, now);
  else followed.delete(attemptId);
};

/** Whether this process follows an attempt already. */
export const isFollowed = (attemptId: string): boolean => followed.has(attemptId);

/**
 * Follows an attempt to its end, passes on a cancel, and records how it ended. Safe to begin again at any moment: all that it
 * knows is in the database and in the cluster. A database that is away is waited for, and so is another place that has the attempt: what
 * is unknown here may well run there.
 */
export async function watchAttempt(db: Db, attemptId: string, signal?: AbortSignal): Promise<void> {
  count(attemptId, 1);
  try {
    await watch(db, attemptId, signal);
  } finally {
    count(attemptId, -1);
  }
}

async function watch(db: Db, attemptId: string, signal: AbortSignal | undefined): Promise<void> {
  let follow: ReturnType<typeof createWatch> | undefined;
  let loaded: LoadedAttempt | undefined;
  while (!signal?.aborted) {
    try {
      loaded ??= await loadAttempt(db, attemptId);
      if (!loaded || loaded.attempt.endedAt) return;
      if (loaded.attempt.place !== null && loaded.attempt.place !== (await cluster().place())) {
        loaded = undefined;
        await sleep(ELSEWHERE_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      follow ??= createWatch(loaded);
      const ended = await follow(await looksOf(db).next(attemptId, loaded.job.id));
      if (ended === "missing") {
        return await finishAttempt(loaded, {
          reason: "Lost",
          text: "Lost: the cluster no longer knows this attempt.",
        });
      }
      if (ended) return await finishAttempt(loaded, ended);
    } catch (error) {
      // The job does not end because our database or disk is away for a while.
      loaded?.ctx.log.warn({ err: error, attemptId }, "could not look at an attempt; looking again");
      await sleep(NOTE_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
