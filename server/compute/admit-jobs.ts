import { and, asc, eq, inArray } from "drizzle-orm";
import type { Db } from "@/db/client";
import { jobAttempts, jobs } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx, type Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { inTransaction } from "@/server/core/verb";
import { clusterCapacity, lockLedger, quotaByTeam, usageByTeam } from "./ledger";
import { needsOf, planAdmission, type Verdict, type WaitingJob } from "./plan-admission";
import { JOB_REASONS } from "./rules";
import { jobTopic, jobsTopic, quotaTopic } from "./kinds";

type QueuedRow = typeof jobs.$inferSelect;
const QUEUE_LOOK = 5_000;

const waitingOf = (row: QueuedRow): WaitingJob => ({
  id: row.id,
  teamId: row.teamId,
  needs: needsOf(row),
  priority: row.priority,
  createdAtMs: row.createdAt.getTime(),
  notBeforeMs: row.notBefore?.getTime() ?? null,
});

async function admit(ctx: Ctx, row: QueuedRow): Promise<string | undefined> {
  const number = row.attemptCount + 1;
  const [changed] = await ctx.db
    .update(jobs)
    .set({
      state: "preparing",
      reason: "Admitted",
      reasonText: `${JOB_REASONS.Admitted}.`,
      admittedAt: ctx.now(),
      attemptCount: number,
      notBefore: null,
    })
    .where(and(eq(jobs.id, row.id), eq(jobs.state, "queued")))
    .returning({ id: jobs.id });
  if (!changed) return undefined;
  const attemptId = newId("attempt");
  await ctx.db
    .insert(jobAttempts)
    .values({ id: attemptId, jobId: row.id, number, state: "admitted", createdAt: ctx.now() });
  await audit(ctx, {
    action: "compute.job.admit",
    teamId: row.teamId,
    subject: { kind: "job", id: row.id, label: row.name },
    after: { attempt: number, attemptId, resources: needsOf(row) },
  });
  return attemptId;
}

async function noteWaiting(ctx: Ctx, row: QueuedRow, verdict: Verdict): Promise<boolean> {
  const text = verdict.text || `${JOB_REASONS[verdict.reason]}.`;
  if (row.reason === verdict.reason && row.reasonText === text) return false;
  const changed = await ctx.db
    .update(jobs)
    .set({ reason: verdict.reason, reasonText: text })
    .where(and(eq(jobs.id, row.id), eq(jobs.state, "queued")))
    .returning({ id: jobs.id });
  return changed.length > 0;
}

/**
 * Looks at the whole queue once and starts what fits, under one lock, so that quota is never handed out twice. An attempt's row
 * is written in the same transaction: it is the promise that the worker then keeps.
 * @returns the ids of the attempts to start.
 */
export async function admitJobs(db: Db): Promise<string[]> {
  const system = createCtx({ actor: systemActor(""), db });
  return inTransaction(system, async (ctx) => {
    await lockLedger(ctx.db);
    const rows = await ctx.db
      .select()
      .from(jobs)
      .where(eq(jobs.state, "queued"))
      .orderBy(asc(jobs.createdAt), asc(jobs.id))
      .limit(QUEUE_LOOK);
    if (rows.length === 0) return [];
    const teamIds = [...new Set(rows.map((row) => row.teamId))];
    const verdicts = planAdmission(rows.map(waitingOf), {
      quota: await quotaByTeam(ctx.db, teamIds, ctx.now()),
      used: await usageByTeam(ctx.db),
      capacity: await clusterCapacity(ctx.db),
      nowMs: ctx.now().getTime(),
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    const started: string[] = [];
    const touched = new Set<string>();
    for (const verdict of verdicts) {
      const row = byId.get(verdict.id);
      if (!row) continue;
      const attemptId = verdict.admit ? await admit(ctx, row) : undefined;
      if (attemptId) started.push(attemptId);
      const noted = !verdict.admit && (await noteWaiting(ctx, row, verdict));
      if (attemptId ?? noted) {
        touched.add(row.teamId);
        await notifyLive(ctx.db, row.teamId, jobTopic(row.id));
      }
    }
    for (const teamId of touched) await notifyLive(ctx.db, teamId, jobsTopic, quotaTopic);
    return started;
  });
}

export const OPEN_ATTEMPT_STATES = ["admitted", "preparing", "running", "collecting"];

/** Attempts that were promised and have not ended, oldest first. */
export async function openAttempts(db: Db): Promise<string[]> {
  const rows = await db
    .select({ id: jobAttempts.id })
    .from(jobAttempts)
    .where(inArray(jobAttempts.state, OPEN_ATTEMPT_STATES))
    .orderBy(asc(jobAttempts.createdAt));
  return rows.map((row) => row.id);
}
