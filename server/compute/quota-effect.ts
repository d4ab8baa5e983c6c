import { asc, eq } from "drizzle-orm";
import { jobs } from "@/db/schema";
import { allTeams } from "@/server/identity";
import type { Ctx } from "@/server/core/context";
import { clusterCapacity, quotaByTeam, usageByTeam } from "./ledger";
import { overCapacityInWords } from "./rules";
import { needsOf, planAdmission, type Amounts, type Ledger, type WaitingJob } from "./plan-admission";

export interface TeamLine {
  teamId: string;
  name: string;
  quota: number;
  after: number;
  used: number;
}

export interface QuotaEffect {
  resource: string;
  /** What the cluster has; null when it was not stated. */
  capacity: number | null;
  /** What all teams hold now. */
  used: number;
  /** Sum of what all teams may use, before and after. */
  promised: number;
  promisedAfter: number;
  /** What is wrong with promising as much, in words; null when it is there. */
  warning: string | null;
  teams: TeamLine[];
  /** Waiting jobs of the team that would start at once. */
  wouldStart: { id: string; name: string }[];
  /** Waiting jobs of the team that could never start any more. */
  wouldNeverStart: { id: string; name: string }[];
}

const of = (amounts: Amounts | undefined, resource: string) => amounts?.[resource] ?? 0;

/** What changing a team's quota of a resource by `delta` would do: to the promises, and to the jobs that wait. */
export async function quotaEffect(
  ctx: Ctx,
  teamId: string,
  resource: string,
  delta: number,
): Promise<QuotaEffect> {
  const all = await ctx.db
    .select({ id: allTeams.id, name: allTeams.name })
    .from(allTeams)
    .orderBy(asc(allTeams.name));
  const quota = await quotaByTeam(
    ctx.db,
    all.map((team) => team.id),
    ctx.now(),
  );
  const used = await usageByTeam(ctx.db);
  const capacity = await clusterCapacity(ctx.db);
  const waiting = await ctx.db.select().from(jobs).where(eq(jobs.state, "queued")).limit(5_000);
  const queue: WaitingJob[] = waiting.map((job) => ({
    id: job.id,
    teamId: job.teamId,
    needs: needsOf(job),
    priority: job.priority,
    createdAtMs: job.createdAt.getTime(),
    notBeforeMs: job.notBefore?.getTime() ?? null,
  }));
  const now: Ledger = { quota, used, capacity, nowMs: ctx.now().getTime() };
  const own = quota[teamId] ?? {};
  const then: Ledger = {
    ...now,
    quota: { ...quota, [teamId]: { ...own, [resource]: Math.max(0, of(own, resource) + delta) } },
  };
  const before = new Map(planAdmission(queue, now).map((verdict) => [verdict.id, verdict]));
  const after = new Map(planAdmission(queue, then).map((verdict) => [verdict.id, verdict]));
  const mine = waiting.filter((job) => job.teamId === teamId);
  const changed = (test: (id: string) => boolean) =>
    mine.filter((job) => test(job.id)).map(({ id, name }) => ({ id, name }));
  const lines = all
    .map((team) => ({
      teamId: team.id,
      name: team.name,
      quota: of(quota[team.id], resource),
      after: of(then.quota[team.id], resource),
      used: of(used[team.id], resource),
    }))
    .filter((line) => line.quota > 0 || line.after > 0 || line.used > 0 || line.teamId === teamId);
  const sum = (pick: (line: TeamLine) => number) => lines.reduce((total, line) => total + pick(line), 0);
  const promisedAfter = sum((line) => line.after);
  const whole = capacity[resource] ?? null;
  return {
    resource,
    capacity: whole,
    warning: overCapacityInWords(resource, {
      capacity: whole,
      team: of(then.quota[teamId], resource),
      all: promisedAfter,
    }),
    used: sum((line) => line.used),
    promised: sum((line) => line.quota),
    promisedAfter,
    teams: lines,
    wouldStart: changed((id) => after.get(id)?.admit === true && before.get(id)?.admit !== true),
    wouldNeverStart: changed(
      (id) => after.get(id)?.reason === "ExceedsMaxQuota" && before.get(id)?.reason !== "ExceedsMaxQuota",
    ),
  };
}
