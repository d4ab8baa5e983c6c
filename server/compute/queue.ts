import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import { jobs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { clusterCapacity, quotaByTeam, usageByTeam } from "./ledger";
import { addAmounts, needsOf, queueOrder, type Amounts, type WaitingJob } from "./plan-admission";
import { amountInWords, HOLDING_STATES, resourceInWords } from "./rules";

export interface Standing {
  /** 1 is next among the team's waiting jobs. */
  position: number;
  waiting: number;
  /** How many jobs of other teams came first; nothing else is told of them. */
  aheadElsewhere: number;
}

export interface Waiting {
  id: string;
  name: string;
  needs: Amounts;
  ownerId: string;
}

export interface Queue {
  /** The team's waiting jobs, next first. */
  own: Waiting[];
  standings: Map<string, Standing>;
}

/** The waiting jobs of the caller's team, in the order in which admission looks at them, and where each stands. */
export async function teamQueue(ctx: Ctx): Promise<Queue> {
  const rows = await ctx.db
    .select({
      id: jobs.id,
      teamId: jobs.teamId,
      name: jobs.name,
      createdBy: jobs.createdBy,
      cpuMilli: jobs.cpuMilli,
      memoryBytes: jobs.memoryBytes,
      gpuFlavor: jobs.gpuFlavor,
      gpuMilli: jobs.gpuMilli,
      priority: jobs.priority,
      createdAt: jobs.createdAt,
      notBefore: jobs.notBefore,
    })
    .from(jobs)
    .where(eq(jobs.state, "queued"))
    .orderBy(asc(jobs.createdAt))
    .limit(5_000);
  const ordered = queueOrder(
    rows.map((row) => ({
      ...row,
      needs: needsOf(row),
      createdAtMs: row.createdAt.getTime(),
      notBeforeMs: row.notBefore?.getTime() ?? null,
    })) satisfies WaitingJob[],
  );
  const standings = new Map<string, Standing>();
  const own: Waiting[] = [];
  let elsewhere = 0;
  for (const job of ordered) {
    if (job.teamId !== ctx.actor.teamId) {
      elsewhere += 1;
      continue;
    }
    standings.set(job.id, { position: own.length + 1, waiting: 0, aheadElsewhere: elsewhere });
    own.push({ id: job.id, name: job.name, needs: job.needs, ownerId: job.createdBy });
  }
  for (const standing of standings.values()) standing.waiting = own.length;
  return { own, standings };
}

export interface QuotaLine {
  resource: string;
  title: string;
  quota: number;
  used: number;
  free: number;
  /** What the cluster has in all and free; null when it was not stated. */
  capacity: number | null;
  capacityFree: number | null;
}

/** The team's quota, what its jobs hold and what the cluster has, by resource. */
export async function quotaLines(ctx: Ctx, teamId = ctx.actor.teamId): Promise<QuotaLine[]> {
  const quota = (await quotaByTeam(ctx.db, [teamId], ctx.now()))[teamId] ?? {};
  const usage = await usageByTeam(ctx.db);
  const mine = usage[teamId] ?? {};
  const all = Object.values(usage).reduce<Amounts>(addAmounts, {});
  const capacity = await clusterCapacity(ctx.db);
  const names = [
    ...new Set(["cpu", "memory", ...Object.keys(quota), ...Object.keys(mine), ...Object.keys(capacity)]),
  ];
  return names
    .map((resource) => {
      const total = quota[resource] ?? 0;
      const used = mine[resource] ?? 0;
      const whole = capacity[resource] ?? null;
      return {
        resource,
        title: resourceInWords(resource),
        quota: total,
        used,
        free: Math.max(0, total - used),
        capacity: whole,
        capacityFree: whole === null ? null : Math.max(0, whole - (all[resource] ?? 0)),
      };
    })
    .toSorted((a, b) => order(a.resource) - order(b.resource) || a.resource.localeCompare(b.resource));
}

const order = (resource: string) => (resource === "cpu" ? 0 : resource === "memory" ? 1 : 2);

/**
 * What would let a waiting job start: for each resource its team is short of, the moment by which enough is given back at the
 * latest (each running job ends by its time limit), or that more quota is needed.
 */
export async function whatUnblocks(ctx: Ctx, needs: Amounts, ahead: readonly Waiting[]): Promise<string[]> {
  const lines = await quotaLines(ctx);
  const running = await ctx.db
    .select({
      name: jobs.name,
      cpuMilli: jobs.cpuMilli,
      memoryBytes: jobs.memoryBytes,
      gpuFlavor: jobs.gpuFlavor,
      gpuMilli: jobs.gpuMilli,
      startedAt: jobs.startedAt,
      timeLimitSeconds: jobs.timeLimitSeconds,
    })
    .from(jobs)
    .where(
      and(
        eq(jobs.teamId, ctx.actor.teamId),
        inArray(jobs.state, [...HOLDING_STATES]),
        isNotNull(jobs.startedAt),
      ),
    );
  const ends = running
    .map((job) => ({
      needs: needsOf(job),
      name: job.name,
      endsAt: new Date((job.startedAt?.getTime() ?? 0) + job.timeLimitSeconds * 1000),
    }))
    .toSorted((a, b) => a.endsAt.getTime() - b.endsAt.getTime());
  const before = ahead.reduce<Amounts>((sum, job) => addAmounts(sum, job.needs), {});
  return Object.entries(needs).flatMap(([resource, amount]) => {
    const line = lines.find((each) => each.resource === resource);
    if (!line) return [];
    if (amount > line.quota) {
      return [
        `More quota: it needs ${amountInWords(resource, amount)} of ${line.title}, the team has ${amountInWords(resource, line.quota)}.`,
      ];
    }
    if (line.capacity !== null && amount > line.capacity) {
      const there =
        line.capacity === 0 ? "no machine has one" : `all have ${amountInWords(resource, line.capacity)}`;
      return [`A machine with ${amountInWords(resource, amount)} of ${line.title}: ${there}.`];
    }
    const wanted = amount + (before[resource] ?? 0);
    if (wanted <= line.free) return [];
    let free = line.free;
    for (const job of ends) {
      free += job.needs[resource] ?? 0;
      if (free >= Math.min(wanted, line.quota)) {
        return [
          `${line.title} is given back when ${job.name} ends, at the latest ${job.endsAt.toISOString().slice(0, 16).replace("T", " ")} UTC (its time limit).`,
        ];
      }
    }
    return [
      `${line.title} has to be given back: ${amountInWords(resource, line.free)} of ${amountInWords(resource, line.quota)} is free.`,
    ];
  });
}
