import { and, asc, eq } from "drizzle-orm";
import { alertDeliveries } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { inTransaction } from "@/server/core/verb";

const TIMEOUT_MS = 10_000;

interface Receiver {
  url: string;
  token?: string | undefined;
}

async function post(receiver: Receiver, body: unknown): Promise<void> {
  const response = await fetch(receiver.url, {
    method: "POST",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      "content-type": "application/json",
      "user-agent": "modelworks",
      ...(receiver.token ? { authorization: `Bearer ${receiver.token}` } : {}),
    },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the alert receiver answered ${response.status}`);
}

/** Sends the oldest message of a group; whoever else sends for it waits, so that the receiver hears them in order. */
function sendNext(outer: Ctx, groupId: string, receiver: Receiver | undefined): Promise<boolean> {
  return inTransaction(outer, async (ctx) => {
    const own = and(eq(alertDeliveries.groupId, groupId), eq(alertDeliveries.teamId, ctx.actor.teamId));
    const [next] = await ctx.db
      .select()
      .from(alertDeliveries)
      .where(own)
      .orderBy(asc(alertDeliveries.sequence))
      .limit(1)
      .for("update");
    if (!next) return false;
    // The operator took the receiver away: what waits for it has nowhere to go.
    if (receiver) await post(receiver, next.body);
    await ctx.db.delete(alertDeliveries).where(and(own, eq(alertDeliveries.sequence, next.sequence)));
    return true;
  });
}

/**
 * Sends what the operator's receiver has not heard of a group, in order. At least once, like Alertmanager itself: what it does not take stays, and
 * the outbox tries again.
 * @throws Error when the receiver does not take it.
 */
export async function deliverAlerts(ctx: Ctx, groupId: string): Promise<void> {
  let isMore = true;
  // oxlint-disable-next-line no-await-in-loop -- in order: each after the one before was taken
  while (isMore) isMore = await sendNext(ctx, groupId, env().alertWebhook);
}
