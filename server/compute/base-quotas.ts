import { gpuFlavors, quotas } from "@/db/schema";
import type { Db } from "@/db/client";
import { audit } from "@/server/core/audit";
import type { Ctx } from "@/server/core/context";
import { newId } from "@/server/core/ids";
import { inTransaction } from "@/server/core/verb";
import { DEFAULT_QUOTA } from "./ledger";

/** What every new team may use at once: milli-cores, bytes, milli-devices. More is granted on request. */
const BASE_QUOTAS = { ...DEFAULT_QUOTA, "gpu:a100": 0 };

/** The cluster's declared devices; an administrator's later change stays. */
const FLAVORS = [
  { name: "a100", title: "NVIDIA A100 80 GB", capacityMilli: 4_000 },
  { name: "t4", title: "NVIDIA T4 16 GB", capacityMilli: 4_000 },
];

export async function declareFlavors(db: Db): Promise<void> {
  await db.insert(gpuFlavors).values(FLAVORS).onConflictDoNothing();
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
