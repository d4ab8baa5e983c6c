import { and, eq, inArray, isNull } from "drizzle-orm";
import { jobs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { conflict } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { jobOf, toJob, type Job } from "./load";
import { HOLDING_STATES, isFinal } from "./rules";
import { CancelJobInput, CancelJobsInput } from "./schemas";
import { jobTopic, jobsTopic, quotaTopic } from "./kinds";

const words = (ctx: Ctx, reason: string) =>
  `Cancelled by ${ctx.actor.name}${reason ? `: ${reason.replace(/[.\s]+$/, "")}` : ""}.`;

/** Ends a waiting job at once; asks a running one to end. Answers undefined when it changed hands meanwhile. */
async function cancelOnce(ctx: Ctx, job: Job, reason: string): Promise<Job | undefined> {
  const asked = {
    cancelRequestedAt: ctx.now(),
    cancelRequestedBy: ctx.actor.userId,
    reasonText: words(ctx, reason),
  };
  const own = and(eq(jobs.id, job.id), eq(jobs.teamId, ctx.actor.teamId), isNull(jobs.cancelRequestedAt));
  if (job.state === "queued") {
    const [row] = await ctx.db
      .update(jobs)
      .set({ ...asked, state: "cancelled", reason: "Cancelled", finishedAt: ctx.now() })
      .where(and(own, eq(jobs.state, "queued")))
      .returning();
    if (row)
      await emit(ctx, { type: "compute.job_finished", payload: { jobId: job.id, state: "cancelled" } });
    return row && toJob(row);
  }
  const [row] = await ctx.db
    .update(jobs)
    .set({ ...asked, reason: "Cancelling" })
    .where(and(own, inArray(jobs.state, [...HOLDING_STATES])))
    .returning();
  if (row) await emit(ctx, { type: "compute.job_cancel_requested", payload: { jobId: job.id } });
  return row && toJob(row);
}

async function cancel(ctx: Ctx, id: string, reason: string): Promise<Job> {
  let job = await jobOf(ctx, id);
  // Twice: a job that is admitted between the look and the write is then cancelled as a running one.
  for (let look = 0; look < 2; look += 1) {
    if (isFinal(job.state)) {
      throw conflict(
        `This job has already ${job.state === "cancelled" ? "been cancelled" : job.state}.`,
        undefined,
        {
          state: job.state,
        },
      );
    }
    const changed = job.cancelRequestedAt ? job : await cancelOnce(ctx, job, reason);
    if (changed) {
      await audit(ctx, {
        action: "compute.job.cancel",
        subject: { kind: "job", id, label: changed.name },
        before: { state: job.state },
        after: { state: changed.state },
        reason: reason || undefined,
      });
      await notifyLive(ctx.db, ctx.actor.teamId, jobTopic(id), jobsTopic, quotaTopic);
      return changed;
    }
    job = await jobOf(ctx, id);
  }
  throw conflict("The job changed at the same moment.", "Look at its state and try again.", {
    state: job.state,
  });
}

/** Cancels a job: at once while it waits; by TERM, ten seconds, then KILL while it runs. Error: `conflict` when it has ended. */
export const cancelJob = mutation(
  {
    name: "compute.job.cancel",
    permission: "compute.job.cancel",
    input: CancelJobInput,
    summary: "Cancel a job",
  },
  ({ ctx, input }) => cancel(ctx, input.id, input.reason),
);

/** Cancels those of the given jobs that have not ended; the others are named as left alone. */
export const cancelJobs = mutation(
  {
    name: "compute.job.cancel_many",
    permission: "compute.job.cancel",
    input: CancelJobsInput,
    summary: "Cancel several jobs",
    audit:
      "none: each job that is cancelled has its own audit row; when all have ended there is nothing to record",
  },
  async ({ ctx, input }) => {
    const cancelled: string[] = [];
    const leftAlone: string[] = [];
    for (const id of [...new Set(input.ids)].toSorted()) {
      const job = await jobOf(ctx, id);
      if (isFinal(job.state)) leftAlone.push(id);
      else {
        await cancel(ctx, id, input.reason);
        cancelled.push(id);
      }
    }
    return { cancelled, leftAlone };
  },
);
