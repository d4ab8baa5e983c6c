import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { firstTraffic, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { retainTraffic } from "@/server/serving/retain-traffic";
import { storePredictions } from "./store-predictions";
import { makeDeployment, makePerson, makeTeam, predictionOf } from "../testing";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const DAY_MS = 86_400_000;

it("keeps traffic by day, drops whole days, and remembers when a version was first asked", async () => {
  const team = await makeTeam(database.db, "days");
  const person = await makePerson(database.db, team, "member");
  const deployment = await makeDeployment(database.db, person, "days");
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const at = (days: number) =>
    predictionOf(deployment, person.teamId, { atMs: today + days * DAY_MS + 5_000 });
  const days = async () => {
    const { rows } = await database.db.execute<{ name: string }>(
      sql`select tableoid::regclass::text as name from traffic_seconds order by second`,
    );
    return rows.map((row) => row.name);
  };
  const nameOf = (day: number) =>
    `traffic_seconds_d${new Date(today + day * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "")}`;
  // The third came before its day was made: the day takes it over.
  await storePredictions(database.db, [at(-500), at(0), at(2)]);
  expect(await days()).toEqual(["traffic_seconds_before", "traffic_seconds_before", "traffic_seconds_other"]);
  // Yesterday's record that is late, and today's once more.
  await storePredictions(database.db, [at(-1), at(0)]);

  const made = await retainTraffic(database.db, new Date(today), 400);
  expect(made).toEqual({ made: 34, dropped: [], deleted: 1 });
  expect((await retainTraffic(database.db, new Date(today), 400)).made).toBe(0);
  await storePredictions(database.db, [at(3), at(4)]);
  expect(await days()).toEqual([
    "traffic_seconds_before",
    "traffic_seconds_before",
    nameOf(2),
    nameOf(3),
    nameOf(4),
  ]);
  const later = await retainTraffic(database.db, new Date(today + 34 * DAY_MS), 30);
  expect(later.dropped.toSorted()).toEqual(["traffic_seconds_before", ...[1, 2, 3].map(nameOf)].toSorted());
  expect(await days()).toEqual([nameOf(4)]);
  const counted = await database.db.select().from(trafficSeconds);
  expect(counted.map((row) => row.requests)).toEqual([1]);
  const [first] = await database.db.select().from(firstTraffic);
  expect(first?.second).toBe((today - 500 * DAY_MS) / 1000 + 5);
});
