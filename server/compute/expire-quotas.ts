import { and, eq, isNull, lte } from "drizzle-orm";
import type { Db } from "@/db/client";
import { quotaRequests, quotas } from "@/db/schema";
import { systemActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx, type Ctx } from "@/server/core/context";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { notify } from "@/server/notifications";
import { lockLedger } from "./ledger";
import { amountInWords, resourceInWords } from "./rules";
import { jobsTopic, quotaRequestHref, quotaTopic } from "./kinds";

type Grant = typeof quotas.$inferSelect;

async function expire(ctx: Ctx, grant: Grant): Promise<void> {
  const [ended] = await ctx.db
    .update(quotas)
    .set({ endedAt: ctx.now() })
    .where(and(eq(quotas.id, grant.id), isNull(quotas.endedAt)))
    .returning({ id: quotas.id });
  if (!ended || !grant.requestId) return;
  const [request] = await ctx.db
    .update(quotaRequests)
    .set({ state: "expired", expiredAt: ctx.now() })
    .where(and(eq(quotaRequests.id, grant.requestId), eq(quotaRequests.state, "approved")))
    .returning();
  const what = `${amountInWords(grant.resource, grant.amount)} of ${resourceInWords(grant.resource)}`;
  if (request) {
    await notify(ctx, {
      userIds: [request.requestedBy],
      dedupKey: `quota_expired:${request.id}`,
      kind: "quota",
      title: "GPU quota expired",
      body: `The grant of ${what} has ended. Running jobs go on; new ones need quota.`,
      href: quotaRequestHref(request.id),
      reason: "You asked for this quota",
      subject: { kind: "quota_request", id: request.id },
    });
  }
  await emit(ctx, { type: "compute.quota_changed", payload: { teamId: grant.teamId } });
  await notifyLive(ctx.db, grant.teamId, quotaTopic, jobsTopic);
  await audit(ctx, {
    action: "compute.quota.expire",
    subject: { kind: "quota_request", id: grant.requestId, label: what },
    before: { resource: grant.resource, amount: grant.amount },
    after: { amount: 0, expiresAt: grant.expiresAt },
  });
}

/** Ends every grant whose time is over. What it says is in the database, so a worker that was away catches up. */
export async function expireQuotas(db: Db, now = new Date()): Promise<number> {
  const due = await db
    .select()
    .from(quotas)
    .where(and(isNull(quotas.endedAt), lte(quotas.expiresAt, now)));
  for (const grant of due) {
    const ctx = createCtx({ actor: systemActor(grant.teamId), db });
    await inTransaction(ctx, async (tx) => {
      await lockLedger(tx.db);
      await expire(tx, grant);
    });
  }
  return due.length;
}
