import { and, eq, inArray, notInArray, sql } from "drizzle-orm";
import { auditLog, clusterResources, gpuFlavors, quotas } from "@/db/schema";
import type { Machine } from "@/server/adapters/cluster";
import type { Db } from "@/db/client";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import { DEFAULT_QUOTA, stateCapacity } from "./ledger";

/** The rest is for the portal itself. */
const MEMORY_SHARE = 0.9;

/** What every new team may use at once: milli-cores, bytes, milli-devices. More is granted on request. */
const BASE_QUOTAS = { ...DEFAULT_QUOTA, "gpu:a100": 0 };

/** Kinds of GPU that a team may ask for; how many there are, machines and administrators say. */
const FLAVORS = [
  { name: "a100", title: "NVIDIA A100 80 GB", capacityMilli: 0 },
  { name: "t4", title: "NVIDIA T4 16 GB", capacityMilli: 0 },
];
/** Earlier releases claimed as many of each, wherever they ran. */
const CLAIMED_MILLI = 4_000;

const slugOf = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^[-.]+|-+$/g, "")
    .slice(0, 60);

/** The kind that a model belongs to: one that is named in it, else one of its own. */
const kindOf = (title: string, names: readonly string[]): string => {
  const slug = slugOf(title);
  return names.find((name) => slug === name || slug.split("-").includes(name)) ?? slug;
};

/** Writes down what a machine has, and which kinds of GPU there are. What an administrator declared stays. */
export async function stateMachine(db: Db, place: string, machine: Machine): Promise<void> {
  await db.insert(gpuFlavors).values(FLAVORS).onConflictDoNothing();
  await db
    .update(gpuFlavors)
    .set({ capacityMilli: 0 })
    .where(
      and(
        inArray(
          gpuFlavors.name,
          FLAVORS.map(({ name }) => name),
        ),
        eq(gpuFlavors.capacityMilli, CLAIMED_MILLI),
        sql`not exists (select 1 from ${auditLog} where ${auditLog.action} = 'compute.gpu_flavor.set' and ${auditLog.subjectId} = ${gpuFlavors.name})`,
      ),
    );
  const names = (await db.select({ name: gpuFlavors.name }).from(gpuFlavors)).map(({ name }) => name);
  const found: Record<string, number> = {};
  for (const { title, count } of machine.gpus) {
    const name = kindOf(title, names);
    found[`gpu:${name}@${place}`] = (found[`gpu:${name}@${place}`] ?? 0) + count * 1000;
    await db.insert(gpuFlavors).values({ name, title, capacityMilli: 0 }).onConflictDoNothing();
  }
  await db
    .delete(clusterResources)
    .where(
      and(
        sql`${clusterResources.resource} like ${`gpu:%@${place}`}`,
        notInArray(clusterResources.resource, ["", ...Object.keys(found)]),
      ),
    );
  await stateCapacity(db, {
    cpu: machine.cpuMilli,
    memory: Math.floor(machine.memoryBytes * MEMORY_SHARE),
    ...found,
  });
}

/** Writes down what a new team may use; until then the same amounts hold. What it already has stays. */
export const grantBaseQuotas = (outer: Ctx, teamId: string): Promise<void> =>
  inTransaction(outer, async (ctx) => {
    const granted = await ctx.db
      .insert(quotas)
      .values(
        Object.entries(BASE_QUOTAS).map(([resource, amount]) => ({
          id: newId("quota"),
          teamId,
          resource,
          amount,
          createdAt: ctx.now(),
        })),
      )
      .onConflictDoNothing()
      .returning({ resource: quotas.resource, amount: quotas.amount });
    if (granted.length === 0) return;
    await audit(ctx, {
      action: "compute.quota.set",
      teamId,
      subject: { kind: "team", id: teamId },
      after: Object.fromEntries(granted.map(({ resource, amount }) => [resource, amount])),
      reason: "What every new team may use",
    });
  });
