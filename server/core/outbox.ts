import { sql } from "drizzle-orm";
import type { Ctx } from "./context";
import { newId } from "./ids";
import type { DomainEvent } from "./events";
import { tell } from "./tell";

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
  const createdAt = ctx.now();
  // One statement: an event that is written waits in the queue, by construction.
  await ctx.db.execute(sql`
    with event as (
      insert into outbox_events (id, type, team_id, payload, actor_id, request_id, created_at)
      values (${id}, ${event.type}, ${options.teamId ?? (ctx.actor.teamId || null)}, ${JSON.stringify(event.payload)}::jsonb,
        ${ctx.actor.userId}, ${ctx.requestId}, ${createdAt.toISOString()}::timestamptz)
      returning id, type, created_at)
    insert into outbox_queue (event_id, event_at, type) select id, created_at, type from event`);
  tell(ctx.db, "mw_outbox", "");
  return id;
}
