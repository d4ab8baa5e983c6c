import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrateDatabase } from "@/db/migrate";
import { users } from "@/db/schema";
import { createEmptyDatabase, restoreState, stateNames, type TestDatabase } from "@/db/testing";
import { actorOfUser } from "@/server/auth/actor";
import type { Actor } from "@/server/core/actor";
import { isAppError } from "@/server/core/errors";
import { allVerbs } from "@/server/core/verb";
import { verifyAudit } from "@/server/identity/verify-audit";
import { restRoutes } from "./rest-routes";

/** Tables that a migration may empty or drop: none yet. */
const MAY_LOSE_ROWS = new Set<string>();

describe.each(stateNames())("a database of %s, upgraded", (state) => {
  let database: TestDatabase;
  let before: Map<string, number>;
  let people: Actor[];
  beforeAll(async () => {
    database = await createEmptyDatabase();
    before = await restoreState(database.ownerUrl, state);
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

  it("has an audit log whose chain holds", async () => {
    const admin = people.find((actor) => actor.isPlatformAdmin);
    expect(await verifyAudit.execute({ actor: admin, db: database.db }, {})).toMatchObject({ ok: true });
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
