import { outboxEvents } from "@/db/schema/core";
import { sql } from "drizzle-orm";
import type { Ctx } from "./context";
import { newId } from "./ids";
import type { DomainEvent } from "./events";

/**
 * Writes a domain event in the caller's transaction and wakes the worker when it commits. Handlers run at least once, in
 * the worker, in order of writing per handler; they must be idempotent.
 */
export async function emit<T extends DomainEvent>(
  ctx: Ctx,
  event: T,
  options: { teamId?: string } = {},
): Promise<string> {
  const id = newId("event");
  await ctx.db.insert(outboxEvents).values({
    id,
    type: event.type,
    teamId: options.teamId ?? (ctx.actor.teamId || null),
    payload: event.payload,
    actorId: ctx.actor.userId,
    requestId: ctx.requestId,
    createdAt: ctx.now(),
  });
  await ctx.db.execute(sql`select pg_notify('mw_outbox', ${event.type})`);
  return id;
}
