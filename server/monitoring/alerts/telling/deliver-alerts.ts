import { and, asc, eq, lte } from "drizzle-orm";
import { alertDeliveries } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { env } from "@/server/core/env";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { alertsTopic } from "../../kinds";

const TIMEOUT_MS = 10_000;

interface Receiver {
  url: string;
  token?: string | undefined;
}

/** Messages of one group that wait for the receiver, at most. */
const MAX_WAITING = 100;

/** Puts a message behind those that wait for the operator's receiver. */
export async function enqueueMessage(
  ctx: Ctx,
  group: { id: string; teamId: string },
  sequence: number,
  body: unknown,
): Promise<void> {
  await ctx.db.insert(alertDeliveries).values({
    groupId: group.id,
    sequence,
    teamId: group.teamId,
    body,
  });
  // Each message says how things are: a receiver that was away for long needs the latest, not all.
  await ctx.db
    .delete(alertDeliveries)
    .where(and(eq(alertDeliveries.groupId, group.id), lte(alertDeliveries.sequence, sequence - MAX_WAITING)));
  await emit(ctx, { type: "monitoring.alerts_told", payload: { groupId: group.id } });
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
    await notifyLive(ctx.db, ctx.actor.teamId, alertsTopic);
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
