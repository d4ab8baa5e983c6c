import { and, desc, eq } from "drizzle-orm";
import { auditLog } from "@/db/schema";
import { z } from "zod";
import type { Ctx } from "@/server/core/context";
import { query } from "@/server/core/verb";
import { inputsOf, outputsOf } from "./job-files";
import { attemptsOf, jobOf, type Job } from "./load";
import { needsOf } from "./plan-admission";
import { namesOf } from "./queries";
import { quotaLines, teamQueue, whatUnblocks } from "./queue";
import { isFinal } from "./rules";
import { JobIdInput } from "./schemas";
import { usualTimeOf } from "./usual-time";

const TIMELINE_ROWS = 100;
const AHEAD_SHOWN = 10;
const Payload = z.object({
  actor: z.object({ name: z.string() }),
  after: z.unknown().optional(),
  reason: z.string().nullish(),
});

export interface JobEvent {
  id: string;
  at: Date;
  actorName: string;
  action: string;
  reason: string | null;
  after: unknown;
}

/** What the audit log says of a subject of the caller's team, newest first. */
export async function eventsOf(ctx: Ctx, subjectKind: string, subjectId: string): Promise<JobEvent[]> {
  const rows = await ctx.db
    .select({ id: auditLog.id, at: auditLog.at, action: auditLog.action, payload: auditLog.payload })
    .from(auditLog)
    .where(and(eq(auditLog.subjectKind, subjectKind), eq(auditLog.subjectId, subjectId)))
    .orderBy(desc(auditLog.position))
    .limit(TIMELINE_ROWS);
  return rows.map(({ payload, ...row }) => {
    const parsed = Payload.parse(JSON.parse(payload));
    return {
      ...row,
      actorName: parsed.actor.name,
      reason: parsed.reason ?? null,
      after: parsed.after ?? null,
    };
  });
}

async function pending(ctx: Ctx, job: Job) {
  if (job.state !== "queued") return null;
  const { own, standings } = await teamQueue(ctx);
  const standing = standings.get(job.id);
  if (!standing) return null;
  const ahead = own.slice(0, standing.position - 1);
  const shown = ahead.slice(0, AHEAD_SHOWN);
  const names = await namesOf(
    ctx,
    shown.map((each) => each.ownerId),
  );
  return {
    ...standing,
    ahead: shown.map((each) => ({ ...each, ownerName: names.get(each.ownerId) ?? "Modelworks" })),
    unblocks: await whatUnblocks(ctx, needsOf(job), ahead),
    quota: await quotaLines(ctx),
  };
}

/** One job with its attempts, inputs, outputs, timeline and, while it waits, its place in the queue. */
export const getJob = query(
  { name: "compute.job.get", permission: "compute.job.read", input: JobIdInput, summary: "One job" },
  async ({ ctx, input }) => {
    const job = await jobOf(ctx, input.id);
    const attempts = await attemptsOf(ctx, job.id);
    const names = await namesOf(ctx, [job.createdBy, job.cancelRequestedBy]);
    return {
      ...job,
      ownerName: names.get(job.createdBy) ?? "Modelworks",
      attempts,
      inputs: await inputsOf(ctx, job.id),
      outputs: await outputsOf(ctx, job.id),
      pending: await pending(ctx, job),
      /** While it has not ended: how long jobs of its template usually take. */
      usual: isFinal(job.state) ? null : await usualTimeOf(ctx, job),
      timeline: await eventsOf(ctx, "job", job.id),
    };
  },
);
