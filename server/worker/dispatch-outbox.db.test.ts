import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { emit } from "@/server/core/outbox";
import { inTransaction } from "@/server/core/verb";
import { listWork } from "@/server/durable/queries";
import { retryWork } from "@/server/durable/retry-work";
import type { Dispatcher } from "./dispatch-outbox";

const TEAM = "team_outbox";
const admin: Actor = {
  kind: "user",
  userId: "usr_admin",
  name: "Ada",
  teamId: TEAM,
  teamSlug: "outbox",
  role: "admin",
  isPlatformAdmin: true,
};

let database: TestDatabase;
let dispatcher: Dispatcher;
let closeShared: () => Promise<void>;

/** What the handlers under test saw, and what each is told to do with it. */
const started: string[] = [];
const behaviour = new Map<string, () => Promise<void>>();

const idOf = (payload: { jobId: string }) => payload.jobId;
const timesOf = (id: string) => started.filter((seen) => seen === id).length;

beforeAll(async () => {
  database = await createTestDatabase();
  process.env.DATABASE_URL = database.url;
  const { on } = await import("@/server/kit/handlers");
  on("compute.job_queued", "test.record", async ({ ctx, event }) => {
    expect(ctx.actor).toMatchObject({ kind: "system", teamId: TEAM });
    started.push(idOf(event.payload));
    await behaviour.get(idOf(event.payload))?.();
  });
  const { startDispatcher } = await import("./dispatch-outbox");
  dispatcher = startDispatcher();
  const { sharedDb } = await import("@/db/client");
  closeShared = () => sharedDb().close();
});
afterAll(async () => {
  await dispatcher.stop();
  await closeShared();
  await database.close();
});

const ctxOf = () => createCtx({ actor: systemActor(TEAM), db: database.db });
const queued = (jobId: string) => emit(ctxOf(), { type: "compute.job_queued", payload: { jobId } });

interface Delivery extends Record<string, unknown> {
  state: string;
  attempts: number;
  last_error: string | null;
  wait_seconds: number;
}

async function deliveryOf(eventId: string): Promise<Delivery | undefined> {
  const { rows } = await database.db.execute<Delivery>(sql`
    select state, attempts, last_error, extract(epoch from next_attempt_at - now())::float8 as wait_seconds
    from outbox_deliveries where event_id = ${eventId} and handler = 'test.record'`);
  return rows[0];
}
const inState = (eventId: string, state: string) =>
  waitFor(async () => (await deliveryOf(eventId))?.state === state, { what: `${state} ${eventId}` });
const change = (eventId: string, what: ReturnType<typeof sql>) =>
  database.db.execute(
    sql`update outbox_deliveries set ${what} where event_id = ${eventId} and handler = 'test.record'`,
  );

it("delivers an event that commits after a later one was delivered", async () => {
  let commit = () => {};
  const held = new Promise<void>((resolve) => (commit = resolve));
  let written = () => {};
  const isWritten = new Promise<void>((resolve) => (written = resolve));
  const early = inTransaction(ctxOf(), async (ctx) => {
    const id = await emit(ctx, { type: "compute.job_queued", payload: { jobId: "early" } });
    written();
    await held;
    return id;
  });
  await isWritten;
  await inState(await queued("late"), "done");
  expect(timesOf("early")).toBe(0);
  commit();
  await inState(await early, "done");
  expect(timesOf("early")).toBe(1);
  expect(timesOf("late")).toBe(1);
});

it("tries a failing handler again, later each time, until it succeeds", async () => {
  behaviour.set("flaky", async () => {
    if (timesOf("flaky") < 3) throw new Error(`failure ${timesOf("flaky")}`);
  });
  const id = await queued("flaky");
  await inState(id, "done");
  expect(await deliveryOf(id)).toMatchObject({ attempts: 3, last_error: null });
  expect(timesOf("flaky")).toBe(3);
});

it("gives a delivery up after twelve attempts, shows it, and retries it when told to", async () => {
  behaviour.set("doomed", () => Promise.reject(new Error("no such luck")));
  const id = await queued("doomed");
  await waitFor(async () => (await deliveryOf(id))?.last_error === "no such luck");
  await change(id, sql`attempts = 11, next_attempt_at = now()`);
  await inState(id, "dead");
  const caller = { actor: admin, db: database.db };
  const { items } = await listWork.execute(caller, { state: "dead" });
  expect(items).toEqual([
    expect.objectContaining({
      eventId: id,
      handler: "test.record",
      attempts: 12,
      lastError: "no such luck",
      teamId: TEAM,
    }),
  ]);
  await waitFor(() => dispatcher.deadLetters() === 1, { what: "the count of dead letters" });

  const stranger = { actor: { ...admin, isPlatformAdmin: false }, db: database.db };
  const input = { eventId: id, handler: "test.record" };
  await expect(retryWork.execute(stranger, input)).rejects.toMatchObject({ code: "forbidden" });
  await expect(listWork.execute(stranger, {})).rejects.toMatchObject({ code: "forbidden" });
  await expect(retryWork.execute(caller, { ...input, handler: "none" })).rejects.toMatchObject({
    code: "not_found",
  });
  behaviour.delete("doomed");
  await retryWork.execute(caller, input);
  await inState(id, "done");
  await expect(retryWork.execute(caller, input)).rejects.toMatchObject({ code: "conflict" });
  const audited = await database.db.execute(
    sql`select actor_id from audit_log where action = 'platform.work.retry' and subject_id = ${id}`,
  );
  expect(audited.rows).toEqual([{ actor_id: "usr_admin" }]);
});

it("renews the lease of a handler that takes long, so that nobody else begins it", async () => {
  let release = () => {};
  behaviour.set("slow", () => new Promise<void>((resolve) => (release = resolve)));
  const id = await queued("slow");
  await waitFor(() => timesOf("slow") === 1);
  await change(id, sql`next_attempt_at = now() + interval '9 seconds'`);
  await waitFor(async () => Number((await deliveryOf(id))?.wait_seconds) > 10, { what: "a renewed lease" });
  expect(timesOf("slow")).toBe(1);
  release();
  await inState(id, "done");
});

it("lets the later of two claims decide, when a lease ran out under the earlier", async () => {
  let fail: (error: Error) => void = () => {};
  behaviour.set("stale", () =>
    timesOf("stale") === 1 ? new Promise<void>((_, reject) => (fail = reject)) : Promise.resolve(),
  );
  const id = await queued("stale");
  await waitFor(() => timesOf("stale") === 1);
  await change(id, sql`next_attempt_at = now()`);
  await inState(id, "done");
  fail(new Error("too late to matter"));
  await waitFor(() => dispatcher.inFlight() === 0, { what: "the stale attempt's end" });
  expect(await deliveryOf(id)).toMatchObject({ state: "done", attempts: 2, last_error: null });
});
