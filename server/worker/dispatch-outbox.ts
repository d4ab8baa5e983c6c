import { sql } from "drizzle-orm";
import { db } from "@/db/client";
import { firstCharacters } from "@/server/core/characters";
import type { DomainEventType } from "@/server/core/events";
import { liveHub } from "@/server/core/live-hub";
import { log, withoutValues } from "@/server/core/log";
import { outlastOutage } from "@/server/durable/transient";
import { handlerOf, registrations, systemCtx } from "@/server/kit/handlers";

/** A delivery whose worker died is taken over after this; one that is worked on renews its lease. */
const LEASE_SECONDS = 15;
const RENEW_MS = 5_000;
const MAX_ATTEMPTS = 12;
const CONCURRENCY = 8;
const IDLE_MS = 1_000;
/** Events whose deliveries one statement writes. */
const FAN_OUT = 500;
const COUNT_DEAD_MS = 5_000;

interface Claimed extends Record<string, unknown> {
  event_id: string;
  handler: string;
  attempts: number;
  type: string;
  team_id: string | null;
  payload: Record<string, unknown>;
  actor_id: string;
  /** As the database writes it: a date of ours would lose digits of the key. */
  event_at: string;
}

/**
 * Takes events from the queue and writes one delivery per handler. An event is in the queue until its deliveries are written, whenever it
 * committed, so a look costs what waits, not what was. Returns how many events it took.
 */
export async function fanOut(): Promise<number> {
  const pairs = registrations();
  const { rows } = await db().execute<{ events: number }>(sql`
    with taken as (
      delete from outbox_queue where seq in (
        select seq from outbox_queue order by seq limit ${FAN_OUT} for update skip locked)
      returning seq, event_id, event_at, type
    ), pairs as (
      select * from unnest(${sql.param(pairs.map((pair) => pair.type))}::text[], ${sql.param(pairs.map((pair) => pair.handler))}::text[]) as p(type, handler)
    ), deliveries as (
      insert into outbox_deliveries (event_id, event_at, seq, handler)
      select t.event_id, t.event_at, t.seq, p.handler from taken t join pairs p on p.type = t.type
      on conflict do nothing
    )
    select count(*)::int as events from taken`);
  return rows[0]?.events ?? 0;
}

async function claim(limit: number): Promise<Claimed[]> {
  const { rows } = await db().execute<Claimed>(sql`
    with due as (
      select d.event_at, d.event_id, d.handler from outbox_deliveries d
      where d.state = 'pending' and d.next_attempt_at <= now()
      order by d.next_attempt_at, d.seq limit ${limit}
      for update skip locked
    ), taken as (
      update outbox_deliveries d set attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})
      from due where d.event_at = due.event_at and d.event_id = due.event_id and d.handler = due.handler
      returning d.event_at, d.event_id, d.handler, d.attempts, d.seq
    )
    select t.event_id, t.event_at::text as event_at, t.handler, t.attempts, e.type, e.team_id, e.payload, e.actor_id
    from taken t join outbox_events e on e.created_at = t.event_at and e.id = t.event_id order by t.seq`);
  return rows;
}

/** 0.5 s, doubled each time up to 5 min, with up to 20 % of jitter taken from the attempt's own identity. */
function backoffSeconds(attempts: number, key: string): number {
  const base = Math.min(0.5 * 2 ** (attempts - 1), 300);
  const jitter = (key.charCodeAt(key.length - 1) % 20) / 100;
  return base * (1 + jitter);
}

/** Whoever claimed the delivery after our lease ran out decides about it; then ours matches no row. */
const ownClaim = (item: Claimed) =>
  sql`event_at = ${item.event_at}::timestamptz and event_id = ${item.event_id} and handler = ${item.handler} and state = 'pending' and attempts = ${item.attempts}`;

async function renewLease(item: Claimed): Promise<void> {
  await db().execute(
    sql`update outbox_deliveries set next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS}) where ${ownClaim(item)}`,
  );
}

async function finish(item: Claimed, error: unknown): Promise<void> {
  const where = sql`where ${ownClaim(item)}`;
  if (error === undefined) {
    await db().execute(
      sql`update outbox_deliveries set state = 'done', finished_at = now(), last_error = null ${where}`,
    );
    return;
  }
  const message = error instanceof Error ? withoutValues(error.message) : "unknown error";
  const dead = item.attempts >= MAX_ATTEMPTS;
  log[dead ? "error" : "warn"](
    { err: error, event: item.event_id, handler: item.handler, attempts: item.attempts },
    "event handler failed",
  );
  await db().execute(sql`
    update outbox_deliveries set state = ${dead ? "dead" : "pending"}, last_error = ${firstCharacters(message, 2000)},
      finished_at = case when ${dead} then now() end,
      next_attempt_at = now() + make_interval(secs => ${backoffSeconds(item.attempts, item.event_id)}) ${where}`);
}

async function deliver(item: Claimed): Promise<void> {
  let failure: unknown;
  const renewal = setInterval(() => {
    renewLease(item).catch((error: unknown) => log.warn({ err: error }, "lease could not be renewed"));
  }, RENEW_MS);
  try {
    const handler = handlerOf(item.type, item.handler);
    if (!handler) throw new Error(`no handler ${item.handler} for ${item.type} in this version`);
    const ctx = systemCtx(item.team_id ?? "");
    await handler({
      ctx,
      event: {
        id: item.event_id,
        type: item.type as DomainEventType,
        teamId: item.team_id ?? "",
        payload: item.payload as never,
        actorId: item.actor_id,
        createdAt: new Date(item.event_at),
      },
    });
  } catch (error) {
    failure = error ?? new Error("rejected without a reason");
  } finally {
    clearInterval(renewal);
  }
  await outlastOutage("record delivery", () => finish(item, failure));
}

export interface Dispatcher {
  /** Deliveries that are being worked on now. */
  inFlight: () => number;
  /** Deliveries that nobody will try again unless told to. */
  deadLetters: () => number;
  stop: () => Promise<void>;
}

async function countDead(): Promise<number> {
  const { rows } = await db().execute<{ dead: number }>(
    sql`select count(*)::int as dead from outbox_deliveries where state = 'dead'`,
  );
  return rows[0]?.dead ?? 0;
}

/** Runs until stopped; a database that is away only delays it. */
export function startDispatcher(): Dispatcher {
  const running = new Set<Promise<void>>();
  let stopped = false;
  let wake: (() => void) | undefined;
  /** Set by a call that comes while a pass runs, so that the next one follows at once. */
  let called = false;
  let dead = 0;
  let countDeadAt = 0;
  const call = () => {
    called = true;
    wake?.();
  };
  const unsubscribe = liveHub().subscribe("mw_outbox", call);

  async function pass(): Promise<boolean> {
    const events = await fanOut();
    const free = CONCURRENCY - running.size;
    const items = free > 0 ? await claim(free) : [];
    for (const item of items) {
      const work: Promise<void> = deliver(item)
        .catch((error: unknown) =>
          log.warn({ err: error }, "delivery could not be recorded; it will be repeated"),
        )
        .finally(() => {
          running.delete(work);
          call();
        });
      running.add(work);
    }
    if (Date.now() >= countDeadAt) {
      countDeadAt = Date.now() + COUNT_DEAD_MS;
      dead = await countDead();
    }
    return events > 0 || items.length > 0;
  }

  const loop = (async () => {
    while (!stopped) {
      called = false;
      const busy = await pass().catch((error: unknown) => {
        log.warn({ err: error }, "outbox pass failed; trying again");
        return false;
      });
      if (busy || called || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IDLE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  })();

  return {
    inFlight: () => running.size,
    deadLetters: () => dead,
    stop: async () => {
      stopped = true;
      unsubscribe();
      wake?.();
      await loop;
      await Promise.allSettled(running);
    },
  };
}
