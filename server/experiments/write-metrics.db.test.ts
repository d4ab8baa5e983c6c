import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDb, type OpenDb } from "@/db/client";
import { runLatestMetrics } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { createRun } from "./index";
import { addMetricMonths } from "./metric-months";
import { memberOf, pointsOf } from "./testing";
import { writeMetrics } from "./write-metrics";

let database: TestDatabase;
/** As many portals, which do not know of each other. */
let portals: OpenDb[];
beforeAll(async () => {
  database = await createTestDatabase();
  portals = [1, 2, 3].map(() => openDb(database.url, { max: 2 }));
});
afterAll(async () => {
  await Promise.all(portals.map((portal) => portal.close()));
  await database.close();
});

const TEAM = "team_points";
const newRun = async () => (await createRun.execute({ actor: memberOf(TEAM), db: database.db }, {})).id;

const Value = fc.constantFrom(Number.NaN, 0, 1, 2.5, -3, Number.MAX_VALUE, -Number.MAX_VALUE);
const Point = fc.record({
  key: fc.constantFrom("loss", "gain"),
  step: fc.integer({ min: 0, max: 4 }),
  timestamp: fc.integer({ min: 1, max: 3 }),
  value: Value,
  model_id: fc.constantFrom(undefined, undefined, "m-1", "m-2"),
  dataset_name: fc.constantFrom(undefined, undefined, "train"),
});
type Point = ReturnType<typeof Point.generate>["value"];

const name = (...parts: unknown[]) => parts.map(String).join(" ");
const distinct = <T>(items: readonly T[], nameOf: (item: T) => string) => [
  ...new Map(items.map((item) => [nameOf(item), item])).values(),
];

/** What the latest row of a metric must say, computed from all its points at once. */
function expected(points: readonly Point[]) {
  const once = distinct(points, (point) => name(point.step, point.timestamp, point.value));
  const isNan = (point: Point) => Number.isNaN(point.value);
  const plain = (point: Point) => (isNan(point) ? 0 : point.value);
  const newest = once.toSorted(
    (a, b) =>
      b.step - a.step ||
      b.timestamp - a.timestamp ||
      plain(b) - plain(a) ||
      Number(isNan(b)) - Number(isNan(a)),
  )[0];
  const numbers = once.filter((point) => !isNan(point)).map((point) => point.value);
  return {
    latest: newest && name(newest.step, newest.timestamp, newest.value),
    points: once.length,
    gaps: once.filter((point) => isNan(point) || Math.abs(point.value) === Number.MAX_VALUE).length,
    nans: once.filter(isNan).length,
    least: numbers.length > 0 ? Math.min(...numbers) : null,
    greatest: numbers.length > 0 ? Math.max(...numbers) : null,
    firstMs: Math.min(...once.map((point) => point.timestamp)),
  };
}

it("points of several portals at once are stored once and counted once, whatever their order", async () => {
  const batches = fc.array(fc.array(Point, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const runId = await newRun();
      const write = async (metrics: Point[], at: number) => {
        const portal = portals[at % portals.length];
        return portal && writeMetrics(portal.db, [{ runId, teamId: TEAM, metrics }]);
      };
      // The first batch once more at the end: a request that its client repeated.
      await Promise.all([...all, ...all.slice(0, 1)].map(write));
      const given = all.flat();
      const stored = await pointsOf(database.db, runId);
      const storedNames = stored.map((row) =>
        name(row.key, row.modelId, row.step, row.timestampMs, row.value),
      );
      const givenNames = given.map((point) =>
        name(point.key, point.model_id ?? "", point.step, point.timestamp, point.value),
      );
      expect(storedNames.toSorted()).toEqual([...new Set(givenNames)].toSorted());
      const rows = await database.db.select().from(runLatestMetrics).where(eq(runLatestMetrics.runId, runId));
      expect(rows.map((row) => row.key).toSorted()).toEqual(
        [...new Set(given.map((each) => each.key))].toSorted(),
      );
      for (const { key, step, timestampMs, value, isNan, ...row } of rows) {
        const latest = name(step, timestampMs, isNan ? Number.NaN : value);
        expect({ ...row, latest }).toMatchObject(expected(given.filter((point) => point.key === key)));
        const measured = stored.filter((each) => each.key === key && each.again === null);
        expect(measured).toHaveLength(row.points);
      }
    }),
    { numRuns: 40 },
  );
});

it("points of a series stay in the partition of the month that it began in, and months are made ahead", async () => {
  const runId = await newRun();
  const write = (step: number) =>
    writeMetrics(database.db, [
      { runId, teamId: TEAM, metrics: [{ key: "loss", step, timestamp: 1, value: 1 }] },
    ]);
  const partitions = async () => {
    const { rows } = await database.db.execute<{ name: string }>(
      sql`select distinct m.tableoid::regclass::text as name from run_metrics m join metric_series s on s.id = m.series_id where s.run_id = ${runId}`,
    );
    return rows.map((row) => row.name);
  };
  await write(1);
  expect(await partitions()).toEqual(["run_metrics_before"]);
  // A series of a month that nobody made: the rest takes it until the month is there.
  const far = new Date(Date.UTC(new Date().getUTCFullYear() + 2, 5, 15));
  const day = BigInt(Math.floor(far.getTime() / 86_400_000));
  await database.db.execute(
    sql`update metric_series set id = ${String((day << 32n) + 7n)}::bigint where run_id = ${runId}`,
  );
  await write(2);
  expect(await partitions()).toEqual(["run_metrics_other"]);
  expect(await addMetricMonths(database.db, far)).toBe(4);
  expect(await addMetricMonths(database.db, far)).toBe(0);
  expect(await partitions()).toEqual([`run_metrics_m${far.getUTCFullYear()}06`]);
  await write(2);
  await write(3);
  expect((await pointsOf(database.db, runId)).map((row) => row.step)).toEqual([2, 3]);
});
