import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { users } from "@/db/schema";
import {
  blobRefDifferences,
  createEmptyDatabase,
  restoreState,
  stateNames,
  type TestDatabase,
} from "@/db/testing";
import { actorOfUser } from "@/server/auth/actor";
import { systemActor, type Actor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";
import { isAppError } from "@/server/core/errors";
import { emit } from "@/server/core/outbox";
import { allVerbs } from "@/server/core/verb";
import { sealAudit } from "@/server/identity/seal-audit";
import { verifyAudit } from "@/server/identity/verify-audit";
import { restRoutes } from "./rest-routes";

/** Tables that a migration may empty or drop: none yet. */
const MAY_LOSE_ROWS = new Set<string>();

const EVENTS =
  "select id, type, team_id, payload, actor_id, request_id, created_at from outbox_events order by id";
const DELIVERIES =
  "select event_id, handler, state, attempts, next_attempt_at, last_error, finished_at from outbox_deliveries";

describe.each(stateNames())("a database of %s, upgraded", (state) => {
  let database: TestDatabase;
  let before: Map<string, number>;
  let people: Actor[];
  let chain: unknown[];
  let events: unknown[];
  let deliveries: unknown[];
  let queue: unknown[];
  const query = async (text: string) => (await database.db.execute(sql.raw(text))).rows;
  beforeAll(async () => {
    database = await createEmptyDatabase();
    before = await restoreState(database.ownerUrl, state);
    chain = await query("select seq, prev_hash, hash, payload from audit_log order by seq");
    events = await query(EVENTS);
    deliveries = await query(`${DELIVERIES} where handler <> '·fan-out' order by 1, 2`);
    queue = await query(
      "select id from outbox_events e where not exists (select 1 from outbox_deliveries d where d.event_id = e.id and d.handler = '·fan-out') order by 1",
    );
    // Marks of the dispatcher's own, which it needs no more.
    before.set("outbox_deliveries", deliveries.length);
    await migrateDatabase(database.ownerUrl);
    const rows = await database.db.select().from(users);
    const actors = await Promise.all(rows.map((row) => actorOfUser(database.db, row.id, row.sessionVersion)));
    people = actors.filter((actor) => actor !== undefined);
  });
  afterAll(() => database.close());

  it("has every row that it had", async () => {
    expect(before.size).toBeGreaterThan(25);
    for (const [table, count] of before) {
      if (MAY_LOSE_ROWS.has(table)) continue;
      const found = await database.db.execute<{ n: number }>(
        sql`select count(*)::int as n from ${sql.identifier(table)}`,
      );
      expect([table, found.rows[0]?.n]).toEqual([table, count]);
    }
  });

  it("knows who refers to each blob", async () => {
    const { kept, ...differences } = await blobRefDifferences(database.db);
    expect(differences).toEqual({ stale: [], missing: [] });
    expect(kept).toBeGreaterThan(10);
  });

  it("has an audit log whose chain holds, row by row as it was, and goes on", async () => {
    const admin = people.find((actor) => actor.isPlatformAdmin);
    const links = () => query("select seq, prev_hash, hash, payload from audit_log order by seq");
    expect(chain.length).toBeGreaterThan(10);
    expect(await links()).toEqual(chain);
    await audit(createCtx({ actor: admin, db: database.db }), {
      action: "platform.test",
      subject: { kind: "test", id: "upgraded" },
    });
    expect(await sealAudit(database.db)).toBe(1);
    expect(await links()).toMatchObject([...chain, { seq: String(chain.length + 1) }]);
    expect(await query("select 1 from audit_log where position <> seq")).toEqual([]);
    expect(await verifyAudit.execute({ actor: admin, db: database.db }, {})).toMatchObject({
      ok: true,
      checked: chain.length + 1,
      waiting: { rows: 0 },
    });
  });

  it("has its events, deliveries and what waited to be delivered as they were", async () => {
    expect([events.length > 10, deliveries.length > 10]).toEqual([true, true]);
    expect(await query(EVENTS)).toEqual(events);
    expect(await query(`${DELIVERIES} order by 1, 2`)).toEqual(deliveries);
    expect(await query("select event_id as id from outbox_queue order by 1")).toEqual(queue);
    await emit(createCtx({ actor: systemActor("team"), db: database.db }), {
      type: "compute.job_queued",
      payload: { jobId: "upgraded" },
    });
    const [last] = await query("select type, event_id from outbox_queue order by seq desc limit 1");
    expect(last).toMatchObject({ type: "compute.job_queued" });
    expect(queue).not.toContainEqual({ id: last?.event_id });
  });

  it("answers everything that can be asked without naming anything, as each person", async () => {
    expect(restRoutes.length).toBeGreaterThan(100);
    const queries = allVerbs().filter(
      (verb) => verb.kind === "query" && verb.definition.input.safeParse({}).success,
    );
    expect(queries.length).toBeGreaterThan(20);
    for (const verb of queries) {
      for (const actor of people) {
        const asked = await verb.execute({ actor, db: database.db }, {}).catch((error: unknown) => error);
        const refused = isAppError(asked) && asked.code === "forbidden";
        expect([
          verb.definition.name,
          asked instanceof Error && !refused ? asked.message : "answered",
        ]).toEqual([verb.definition.name, "answered"]);
      }
    }
  });
});
