import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDb, type OpenDb } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { TrafficTally } from "@/server/serving";

let database: TestDatabase;
/** As many readers of spools, which do not know of each other. */
let readers: OpenDb[];
beforeAll(async () => {
  database = await createTestDatabase();
  readers = [1, 2, 3].map(() => openDb(database.url, { max: 1 }));
});
afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  await database.close();
});

const Key = fc.record({
  deploymentId: fc.constantFrom("dep_1", "dep_2"),
  versionId: fc.constantFrom("mv_1", "mv_2", "mv_3"),
  arm: fc.constantFrom("stable", "canary"),
  rolloutId: fc.constant(""),
  stage: fc.constant(-1),
  second: fc.integer({ min: 0, max: 1_000_000 }),
});

it("when a version was first asked is what a look at every second of its traffic says, in whatever order they were counted", async () => {
  const batches = fc.array(fc.array(Key, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      await database.db.execute(sql`delete from traffic_seconds`);
      await database.db.execute(sql`delete from first_traffic`);
      await Promise.all(
        all.map(async (keys, at) => {
          const tally = new TrafficTally();
          for (const key of keys) tally.at(key).requests += 1;
          const reader = readers[at % readers.length];
          return reader?.db.transaction((tx) => tally.write(tx));
        }),
      );
      const asked = await database.db.execute(
        sql`select version_id, deployment_id, min(second) as second from traffic_seconds group by 1, 2 order by 1, 2`,
      );
      const kept = await database.db.execute(
        sql`select version_id, deployment_id, second from first_traffic order by 1, 2`,
      );
      expect(kept.rows).toEqual(asked.rows);
    }),
    { numRuns: 40 },
  );
});
