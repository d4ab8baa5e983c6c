import { groupBy } from "@/server/core/group-by";
import { amountInWords, resourceInWords, type JobReason } from "./rules";

/** Amounts by resource name (`cpu` milli-cores, `memory` bytes, `gpu:<flavor>` milli-devices), all integers. */
export type Amounts = Readonly<Record<string, number>>;

export interface WaitingJob {
  id: string;
  teamId: string;
  needs: Amounts;
  priority: number;
  createdAtMs: number;
  /** A retry waits until then; null when it may start. */
  notBeforeMs: number | null;
}

export interface Ledger {
  /** What each team may use; a missing team may use nothing. */
  quota: Readonly<Record<string, Amounts>>;
  /** What each team's admitted jobs hold. */
  used: Readonly<Record<string, Amounts>>;
  /** What the cluster has in all. */
  capacity: Amounts;
  nowMs: number;
}

export interface Verdict {
  id: string;
  admit: boolean;
  reason: JobReason;
  text: string;
  /** Resources it lacks. */
  lacks: string[];
}

const amount = (of: Amounts | undefined, resource: string) => of?.[resource] ?? 0;

/** The resources that a job takes, GPU only when it takes some. */
export function needsOf(job: {
  cpuMilli: number;
  memoryBytes: number;
  gpuFlavor: string | null;
  gpuMilli: number;
}): Amounts {
  return {
    cpu: job.cpuMilli,
    memory: job.memoryBytes,
    ...(job.gpuMilli > 0 && job.gpuFlavor ? { [`gpu:${job.gpuFlavor}`]: job.gpuMilli } : {}),
  };
}

export function addAmounts(a: Amounts | undefined, b: Amounts): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [resource, value] of Object.entries(b)) sum[resource] = (sum[resource] ?? 0) + value;
  return sum;
}

/** Resources of which `needs` is more than `free`. */
const shortOf = (needs: Amounts, limit: Amounts | undefined, used: Amounts | undefined): string[] =>
  Object.keys(needs).filter((name) => amount(needs, name) + amount(used, name) > amount(limit, name));

/**
 * The order of the queue: teams take turns in order of arrival, and within its own turns a team's jobs go by priority, then by
 * arrival. So a priority reorders a team's own work and never overtakes another team's.
 */
export function queueOrder<J extends WaitingJob>(jobs: readonly J[]): J[] {
  const byArrival = (a: WaitingJob, b: WaitingJob) =>
    a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  const turns = jobs.toSorted(byArrival);
  const own = groupBy(turns, (job) => job.teamId);
  for (const list of own.values()) list.sort((a, b) => b.priority - a.priority || byArrival(a, b));
  return turns.flatMap((turn) => own.get(turn.teamId)?.shift() ?? []);
}

const listed = (words: string[]) => words.join(" and ");

function quotaText(job: WaitingJob, lacks: string[], ledger: Ledger, used: Amounts | undefined): string {
  const quota = ledger.quota[job.teamId];
  return listed(
    lacks.map((name) => {
      const free = Math.max(0, amount(quota, name) - amount(used, name));
      return `needs ${amountInWords(name, amount(job.needs, name))} of ${resourceInWords(name)}, the team has ${amountInWords(name, free)} free of ${amountInWords(name, amount(quota, name))}`;
    }),
  );
}

function capacityText({ needs }: WaitingJob, name: string, ledger: Ledger, used: Amounts): string {
  const whole = amount(ledger.capacity, name);
  const wants = amountInWords(name, amount(needs, name));
  if (whole === 0 && name.startsWith("gpu:"))
    return `no machine has ${resourceInWords(name)}, of which it needs ${wants}`;
  const free = Math.max(0, whole - amount(used, name));
  return `needs ${wants} of ${resourceInWords(name)}, the cluster has ${amountInWords(name, free)} free of ${amountInWords(name, whole)}`;
}

/**
 * Decides which waiting jobs start now. Strict order with bounded backfill: a job that lacks a resource closes that resource
 * to the jobs behind it (its team's when quota is short, everyone's when the cluster is), so only jobs that do not use what
 * it waits for may pass, and a big job cannot starve. A job that can never fit closes nothing.
 */
export function planAdmission(jobs: readonly WaitingJob[], ledger: Ledger): Verdict[] {
  const used: Record<string, Amounts> = { ...ledger.used };
  let clusterUsed: Amounts = Object.values(ledger.used).reduce<Amounts>(addAmounts, {});
  const closedForTeam = new Map<string, Set<string>>();
  const closed = new Set<string>();
  const verdict = (job: WaitingJob, reason: JobReason, text: string, lacks: string[] = []): Verdict => ({
    id: job.id,
    admit: reason === "Admitted",
    reason,
    text: text && `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
    lacks,
  });
  return queueOrder(jobs).map((job) => {
    const { needs, teamId } = job;
    if (job.notBeforeMs !== null && job.notBeforeMs > ledger.nowMs) {
      return verdict(
        job,
        "RetryBackoff",
        `the next attempt starts at ${new Date(job.notBeforeMs).toISOString()}`,
      );
    }
    const never = shortOf(needs, ledger.quota[teamId], undefined);
    if (never.length > 0)
      return verdict(job, "ExceedsMaxQuota", quotaText(job, never, ledger, used[teamId]), never);
    const mine = closedForTeam.get(teamId) ?? new Set<string>();
    const quotaShort = shortOf(needs, ledger.quota[teamId], used[teamId]);
    if (quotaShort.length > 0) {
      for (const name of quotaShort) mine.add(name);
      closedForTeam.set(teamId, mine);
      return verdict(job, "WaitingForQuota", quotaText(job, quotaShort, ledger, used[teamId]), quotaShort);
    }
    const behind = Object.keys(needs).filter((name) => mine.has(name) || closed.has(name));
    if (behind.length > 0) {
      return verdict(
        job,
        "WaitingBehind",
        `a job ahead waits for ${listed(behind.map(resourceInWords))}`,
        behind,
      );
    }
    const clusterShort = shortOf(needs, ledger.capacity, clusterUsed);
    if (clusterShort.length > 0) {
      // For what is not there at all nobody has to be kept waiting.
      for (const name of clusterShort)
        if (amount(needs, name) <= amount(ledger.capacity, name)) closed.add(name);
      const text = clusterShort.map((name) => capacityText(job, name, ledger, clusterUsed));
      return verdict(job, "WaitingForCapacity", listed(text), clusterShort);
    }
    used[teamId] = addAmounts(used[teamId], needs);
    clusterUsed = addAmounts(clusterUsed, needs);
    return verdict(job, "Admitted", "");
  });
}
