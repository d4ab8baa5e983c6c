import { and, eq, isNull, sql } from "drizzle-orm";
import { blobs, jobAttempts, jobOutputs, jobs } from "@/db/schema";
import type { AttemptPhase, AttemptState } from "@/server/adapters/cluster";
import { cluster, objectStore } from "@/server/composition";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { isAppError } from "@/server/core/errors";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { endOfLog, logOf } from "./attempt-log";
import { lastWords } from "./last-words";
import { revokeJobTokens } from "@/server/auth/job-tokens";
import { toJob, type AttemptRow, type Job } from "./load";
import { mayRetry, retryDelayMs, type JobReason } from "./rules";
import type { JobState } from "./schemas";
import { jobTopic, jobsTopic, quotaTopic } from "./kinds";

/** How an attempt ended when the cluster has no state of it to say so. */
export interface AttemptEnd {
  reason: JobReason;
  text: string;
}

const REASON_OF_PHASE: Partial<Record<AttemptPhase, JobReason>> = {
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
  timed_out: "TimeLimit",
  out_of_memory: "OutOfMemory",
  lost: "Lost",
};
const ATTEMPT_STATE: Partial<Record<JobReason, string>> = {
  Succeeded: "succeeded",
  Cancelled: "cancelled",
  TimeLimit: "timed_out",
  OutOfMemory: "out_of_memory",
  Lost: "lost",
};

interface Ending {
  reason: JobReason;
  text: string;
  state: AttemptState | null;
  outputs: { path: string; digest: string; sizeBytes: number }[];
  log: { digest: string; sizeBytes: number } | null;
}

/** Why a program failed, by its own last words, and how it ended. */
const headline = (end: string, words: string | undefined) =>
  words === undefined ? end : `${words} (${end.charAt(0).toLowerCase()}${end.slice(1)})`;
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Moves outputs into the object store. @returns why that can never be done, in words, when one is not what the cluster saw */
async function storeOutputs(attemptId: string, found: AttemptState["outputs"]) {
  const outputs: Ending["outputs"] = [];
  try {
    for (const output of found) {
      const file = await cluster().outputPath(attemptId, output.path);
      const stored = await objectStore().putFile(file, { expectedDigest: output.digest });
      outputs.push({ path: output.path, ...stored });
    }
  } catch (error) {
    // Trying again helps against a disk that is away, not against a file that has gone or changed.
    if (!isAppError(error) || error.code === "unavailable") throw error;
    return { outputs: [], problem: `Its outputs could not be stored. ${error.message}` };
  }
  return { outputs, problem: undefined };
}

/** Moves outputs and log into the object store; repeating it stores nothing twice. */
async function store(job: Job, attemptId: string, end: AttemptEnd | AttemptState): Promise<Ending> {
  const log = await logOf(attemptId).then((stream) => (stream ? objectStore().put(stream) : null));
  if (!("phase" in end)) return { ...end, state: null, outputs: [], log };
  // The cluster calls an attempt cancelled that it stopped itself; only a person's wish is a cancel.
  const stoppedByOthers = end.phase === "cancelled" && job.cancelRequestedAt === null;
  const reason: JobReason = stoppedByOthers ? "Lost" : (REASON_OF_PHASE[end.phase] ?? "Failed");
  // What a command said that ended well is not why the attempt failed after it.
  const isOfCommand = reason === "Failed" && end.exitCode !== 0;
  const words = isOfCommand && log && log.sizeBytes > 0 ? lastWords(await endOfLog(log)) : undefined;
  const text = sentence(headline(end.reason ?? "Ended", words));
  const { outputs, problem } = await storeOutputs(attemptId, end.outputs);
  if (problem) return { reason: "Failed", text: sentence(problem), state: end, outputs, log };
  const missing = job.spec.outputs.filter((wanted) => !outputs.some((output) => output.path === wanted.path));
  const [first] = missing;
  if (reason === "Succeeded" && first) {
    const told = `Its command finished, but it did not write the declared output ${first.path}.`;
    return { reason: "Failed", text: told, state: end, outputs, log };
  }
  return { reason, text, state: end, outputs, log };
}

async function endJob(ctx: Ctx, job: Job, ending: Ending): Promise<JobState> {
  const { reason, text } = ending;
  const first = ending.state?.startedAt ?? null;
  // A job that is over before the next look at it was never seen running.
  const startedAt = sql`coalesce(${jobs.startedAt}, ${first}::timestamptz)`;
  const again = job.cancelRequestedAt === null && mayRetry(reason, job.attemptCount, job.maxAttempts);
  if (again) {
    const pauseMs = retryDelayMs(job.attemptCount);
    await ctx.db
      .update(jobs)
      .set({
        state: "queued",
        reason: "RetryBackoff",
        reasonText: `Attempt ${job.attemptCount} of ${job.maxAttempts}: ${text} The next one starts in ${pauseMs / 1000} s.`,
        notBefore: new Date(ctx.now().getTime() + pauseMs),
        startedAt,
        exitCode: ending.state?.exitCode ?? null,
      })
      .where(eq(jobs.id, job.id));
    return "queued";
  }
  const state = reason === "Succeeded" ? "succeeded" : reason === "Cancelled" ? "cancelled" : "failed";
  await ctx.db
    .update(jobs)
    .set({
      state,
      reason,
      reasonText: text,
      startedAt,
      finishedAt: ctx.now(),
      exitCode: ending.state?.exitCode ?? null,
    })
    .where(eq(jobs.id, job.id));
  await emit(ctx, { type: "compute.job_finished", payload: { jobId: job.id, state } });
  return state;
}

async function record(ctx: Ctx, attempt: AttemptRow, ending: Ending): Promise<void> {
  // Locked, so that a cancel that arrives now is either seen here or finds a job that has ended.
  const [row] = await ctx.db.select().from(jobs).where(eq(jobs.id, attempt.jobId)).for("update");
  const { log, outputs, state } = ending;
  const [ended] = await ctx.db
    .update(jobAttempts)
    .set({
      state: ATTEMPT_STATE[ending.reason] ?? "failed",
      reason: ending.reason,
      reasonText: ending.text,
      exitCode: state?.exitCode ?? null,
      signal: state?.signal ?? null,
      peakRssBytes: state?.peakRssBytes ?? null,
      cpuSeconds: state?.cpuSeconds ?? null,
      startedAt: state?.startedAt ? new Date(state.startedAt) : null,
      endedAt: state?.endedAt ? new Date(state.endedAt) : ctx.now(),
      isolation: state?.isolation ?? null,
      logDigest: log?.digest ?? null,
      logSizeBytes: log?.sizeBytes ?? null,
    })
    .where(and(eq(jobAttempts.id, attempt.id), isNull(jobAttempts.endedAt)))
    .returning({ id: jobAttempts.id });
  if (!ended || !row) return;
  const stored = [...outputs, ...(log ? [log] : [])].map(({ digest, sizeBytes }) => ({ digest, sizeBytes }));
  if (stored.length > 0) await ctx.db.insert(blobs).values(stored).onConflictDoNothing();
  await revokeJobTokens(ctx, row.id);
  const outcome = await endJob(ctx, toJob(row), ending);
  // A job's outputs are those of the attempt that ended it.
  if (outcome !== "queued" && outputs.length > 0) {
    await ctx.db.insert(jobOutputs).values(outputs.map((output) => ({ jobId: row.id, ...output })));
  }
  await notifyLive(ctx.db, row.teamId, jobTopic(row.id), jobsTopic, quotaTopic);
  await audit(ctx, {
    action: outcome === "queued" ? "compute.job.retry" : "compute.job.finish",
    subject: { kind: "job", id: row.id, label: row.name },
    after: {
      state: outcome,
      reason: ending.reason,
      attempt: attempt.number,
      exitCode: state?.exitCode ?? null,
      outputs: outputs.map((output) => output.path),
    },
    reason: ending.text,
  });
}

/**
 * Records how an attempt ended, once: outputs and log go into the store, then attempt, job, token, audit row and event change
 * in one transaction. A second call finds the attempt ended and changes nothing.
 */
export async function finishAttempt(
  loaded: { ctx: Ctx; attempt: AttemptRow; job: Job },
  end: AttemptEnd | AttemptState,
): Promise<void> {
  const { ctx, attempt } = loaded;
  const [fresh] = await ctx.db
    .select({ cancelRequestedAt: jobs.cancelRequestedAt })
    .from(jobs)
    .where(eq(jobs.id, attempt.jobId));
  const job: Job = { ...loaded.job, cancelRequestedAt: fresh?.cancelRequestedAt ?? null };
  const ending = await store(job, attempt.id, end);
  await inTransaction(ctx, (tx) => record(tx, attempt, ending));
}
