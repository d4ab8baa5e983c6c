import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { createCtx } from "@/server/core/context";
import { emit } from "@/server/core/outbox";
import { retainEvents } from "./retain-events";

const DAY_MS = 86_400_000;
const KEEP_DAYS = 7;
/** Long after today, which the partition of everything before takes. */
const START = Date.UTC(2031, 0, 10);

let database: TestDatabase;
let owner: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await database.close();
});
beforeEach(async () => {
  await owner.query("delete from outbox_deliveries; delete from outbox_queue");
  await owner.query("set session_replication_role = replica; delete from outbox_events");
  await owner.query("set session_replication_role = origin");
});

const day = (number: number) => new Date(START + number * DAY_MS + 3_600_000);
const emitAt = (at: Date, jobId = "1") =>
  emit(createCtx({ actor: systemActor("team_1"), db: database.db, now: () => at }), {
    type: "compute.job_queued",
    payload: { jobId },
  });

/** An event of a day whose deliveries are written, in these states. */
async function delivered(at: Date, ...states: string[]): Promise<string> {
  const id = await emitAt(at);
  await owner.query("delete from outbox_queue where event_id = $1", [id]);
  for (const [index, state] of states.entries())
    await owner.query(
      "insert into outbox_deliveries (event_id, event_at, seq, handler, state) values ($1, $2, 1, $3, $4)",
      [id, at, `handler-${index}`, state],
    );
  return id;
}
const homeOf = async (table: string, key: string, id: string) => {
  const { rows } = await owner.query<{ home: string }>(
    `select tableoid::regclass::text as home from ${table} where ${key} = $1`,
    [id],
  );
  return rows.map((row) => row.home);
};
const events = async () =>
  (await owner.query<{ id: string }>("select id from outbox_events order by id")).rows.map((row) => row.id);
const handlers = async () =>
  (await owner.query<{ h: string }>("select handler as h from outbox_deliveries order by 1")).rows.map(
    (row) => row.h,
  );

describe("the days of events", () => {
  it("are made ahead, once, and hold what comes on them", async () => {
    expect((await retainEvents(database.db, day(0), KEEP_DAYS)).made).toBe(3);
    expect((await retainEvents(database.db, day(0), KEEP_DAYS)).made).toBe(0);
    const id = await delivered(day(1), "pending");
    expect(await homeOf("outbox_events", "id", id)).toEqual(["outbox_events_d20310111"]);
    expect(await homeOf("outbox_deliveries", "event_id", id)).toEqual(["outbox_deliveries_d20310111"]);
  });

  it("take over what came before they were made", async () => {
    const id = await delivered(day(30), "pending");
    expect(await homeOf("outbox_events", "id", id)).toEqual(["outbox_events_other"]);
    await retainEvents(database.db, day(29), 365);
    expect(await homeOf("outbox_events", "id", id)).toEqual(["outbox_events_d20310209"]);
    expect(await homeOf("outbox_deliveries", "event_id", id)).toEqual(["outbox_deliveries_d20310209"]);
  });

  it("survive that the guards are written again", async () => {
    await retainEvents(database.db, day(60), 365);
    await migrateDatabase(database.ownerUrl);
    const id = await delivered(day(60), "done");
    await expect(database.db.execute(sql`delete from outbox_events_d20310311`)).rejects.toThrow();
    await expect(owner.query("delete from outbox_events where id = $1", [id])).rejects.toThrow("append-only");
    await expect(owner.query("update outbox_events set type = 'x' where id = $1", [id])).rejects.toThrow(
      "append-only",
    );
    await expect(owner.query("truncate outbox_events")).rejects.toThrow("append-only");
  });
});

describe("after the time that they are kept", () => {
  it("delivered events leave with their day; what is not decided stays with its event until it is", async () => {
    await retainEvents(database.db, day(90), 365);
    const done = await delivered(day(90), "done", "done");
    const dead = await delivered(day(90), "done", "dead");
    const waits = await delivered(day(91), "pending");
    const queued = await emitAt(day(90));
    const young = await delivered(day(92), "done");
    expect((await retainEvents(database.db, day(98), KEEP_DAYS)).dropped).toBeGreaterThan(0);
    expect(await events()).toEqual([dead, waits, queued, young].toSorted());
    // Day 91 is not over for seven days yet; of day 90 what is not decided was put aside.
    expect(await homeOf("outbox_events", "id", waits)).toEqual(["outbox_events_d20310411"]);
    expect(await homeOf("outbox_events", "id", dead)).toEqual(["outbox_events_other"]);
    expect(await handlers()).toEqual(["handler-0", "handler-0", "handler-1"]);
    expect(await homeOf("outbox_queue", "event_id", queued)).toHaveLength(1);
    expect(done).not.toBe(dead);

    await owner.query("update outbox_deliveries set state = 'done' where event_id = any($1)", [
      [dead, waits],
    ]);
    await owner.query("delete from outbox_queue");
    await retainEvents(database.db, day(101), KEEP_DAYS);
    expect(await events()).toEqual([]);
    expect(await handlers()).toEqual([]);
  });
});
