import { and, asc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import { clusterResources, gpuFlavors, jobs, quotas } from "@/db/schema";
import type { Db } from "@/db/client";
import { addAmounts, needsOf, type Amounts } from "./plan-admission";
import { devicesOf, HOLDING_STATES, type Flavor } from "./rules";

const GIB = 1024 ** 3;
/** What a team may use before anyone set a base quota for it; no GPU. */
export const DEFAULT_QUOTA: Amounts = { cpu: 4000, memory: 8 * GIB };

/** Usage of each team: the sum over its jobs that hold quota. Counted from the rows each time, so it cannot drift. */
export async function usageByTeam(db: Db, teamIds?: readonly string[]): Promise<Record<string, Amounts>> {
  const rows = await db
    .select({
      teamId: jobs.teamId,
      gpuFlavor: jobs.gpuFlavor,
      cpuMilli: sql<string>`sum(${jobs.cpuMilli})`.mapWith(Number),
      memoryBytes: sql<string>`sum(${jobs.memoryBytes})`.mapWith(Number),
      gpuMilli: sql<string>`sum(${jobs.gpuMilli})`.mapWith(Number),
    })
    .from(jobs)
    .where(
      and(inArray(jobs.state, [...HOLDING_STATES]), teamIds ? inArray(jobs.teamId, [...teamIds]) : undefined),
    )
    .groupBy(jobs.teamId, jobs.gpuFlavor);
  const used: Record<string, Amounts> = {};
  for (const row of rows) used[row.teamId] = addAmounts(used[row.teamId], needsOf(row));
  return used;
}

/** What each team may use now: its base quota (or the default) plus every grant that has not expired. */
export async function quotaByTeam(
  db: Db,
  teamIds: readonly string[],
  now: Date,
): Promise<Record<string, Amounts>> {
  if (teamIds.length === 0) return {};
  const rows = await db
    .select({
      teamId: quotas.teamId,
      resource: quotas.resource,
      amount: quotas.amount,
      requestId: quotas.requestId,
    })
    .from(quotas)
    .where(
      and(
        inArray(quotas.teamId, [...teamIds]),
        isNull(quotas.endedAt),
        or(isNull(quotas.expiresAt), gt(quotas.expiresAt, now)),
      ),
    );
  const result: Record<string, Record<string, number>> = {};
  for (const teamId of teamIds) {
    const own = rows.filter((row) => row.teamId === teamId);
    const base: Record<string, number> = { ...DEFAULT_QUOTA };
    for (const row of own) if (row.requestId === null) base[row.resource] = row.amount;
    for (const row of own) {
      if (row.requestId !== null) base[row.resource] = (base[row.resource] ?? 0) + row.amount;
    }
    result[teamId] = base;
  }
  return result;
}

/** GPUs are stated by each machine for itself: `gpu:<flavor>@<place>`. */
const AT_PLACE = /^(gpu:[^@]+)@/;

/** The kinds of GPU there are, each with what its machines have and what an administrator declared. */
export async function flavorsOf(db: Db): Promise<Flavor[]> {
  const found = await foundOf(db);
  const rows = await db.select().from(gpuFlavors).orderBy(asc(gpuFlavors.name));
  return rows.map((row) => ({ ...row, foundMilli: found[`gpu:${row.name}`] ?? 0 }));
}

async function foundOf(db: Db): Promise<Record<string, number>> {
  const rows = await db.select().from(clusterResources);
  return rows.reduce<Record<string, number>>((sum, row) => {
    const name = AT_PLACE.exec(row.resource)?.[1] ?? row.resource;
    return addAmounts(sum, { [name]: row.amount });
  }, {});
}

/** What the cluster has in all: what its machines have, and devices that an administrator says there are. */
export async function clusterCapacity(db: Db): Promise<Amounts> {
  const flavors = await flavorsOf(db);
  return {
    ...(await foundOf(db)),
    ...Object.fromEntries(flavors.map((flavor) => [`gpu:${flavor.name}`, devicesOf(flavor)])),
  };
}

/** States what this machine's cluster has; called by the worker at its start. */
export async function stateCapacity(db: Db, amounts: Amounts): Promise<void> {
  for (const [resource, amount] of Object.entries(amounts)) {
    await db
      .insert(clusterResources)
      .values({ resource, amount })
      .onConflictDoUpdate({ target: clusterResources.resource, set: { amount, updatedAt: sql`now()` } });
  }
}

/** Taken by whoever decides on admission or changes what it depends on; held to the end of the transaction. */
export async function lockLedger(db: Db): Promise<void> {
  await db.execute(sql`select pg_advisory_xact_lock(7203010)`);
}

export const teamQuota = async (db: Db, teamId: string, now: Date): Promise<Amounts> =>
  (await quotaByTeam(db, [teamId], now))[teamId] ?? DEFAULT_QUOTA;

/** Whether a flavor has been declared. */
export async function flavorOf(db: Db, name: string) {
  const [row] = await db.select().from(gpuFlavors).where(eq(gpuFlavors.name, name));
  return row;
}
