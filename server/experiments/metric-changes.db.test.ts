import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { endOf, grownCurve } from "@/components/experiments/grown-curve";
import { openDb, type OpenDb } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { sqlStatements } from "@/server/core/metrics";
import { createRun, metricChanges, metricSeries } from "./index";
import { memberOf, pointsOf } from "./testing";
import { writeMetrics } from "./write-metrics";

let database: TestDatabase;
let portals: OpenDb[];
beforeAll(async () => {
  database = await createTestDatabase();
  portals = [1, 2, 3].map(() => openDb(database.url, { max: 2 }));
});
afterAll(async () => {
  await Promise.all(portals.map((portal) => portal.close()));
  await database.close();
});

const TEAM = "team_live";
const ada = () => ({ actor: memberOf(TEAM), db: database.db });
const newRun = async () => (await createRun.execute(ada(), {})).id;
const point = (step: number, value = step) => ({ key: "loss", step, timestamp: step + 1, value });
const curveOf = async (runId: string) => {
  const [curve] = await metricSeries.execute(ada(), { runIds: [runId], key: "loss" });
  if (!curve) throw new Error("no curve");
  return curve;
};
type Curve = Awaited<ReturnType<typeof curveOf>>;

/** One live message, as the page takes it. */
async function follow(runId: string, curve: Curve): Promise<Curve> {
  const curves = [{ key: "loss", since: curve.since, after: endOf(curve) }];
  const changes = await metricChanges.execute(ada(), { runId, since: curve.since, curves });
  const [metric] = changes.metrics;
  const now = metric && { total: metric.points, gaps: metric.gaps, since: changes.since };
  return now ? grownCurve(curve, changes.curves[0]?.points ?? [], now) : curve;
}

it("a page that follows a run sees every point, in whatever order they come and whoever commits first", async () => {
  const batches = fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }), {
    minLength: 2,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const runId = await newRun();
      let curve = await curveOf(runId);
      let writing = true;
      const looks = (async () => {
        // oxlint-disable-next-line no-await-in-loop -- looks follow one another, as messages do
        while (writing) curve = await follow(runId, curve);
      })();
      await Promise.all(
        all.map(async (steps, at) =>
          portals[at % portals.length]?.db.transaction(async (tx) => {
            await writeMetrics(tx, [{ runId, teamId: TEAM, metrics: steps.map((step) => point(step)) }]);
            // Held open for a while, so that looks fall between writing and commit.
            await tx.execute(sql`select pg_sleep(${(at % 3) / 200})`);
          }),
        ),
      );
      writing = false;
      await looks;
      curve = await follow(runId, curve);
      const stored = await pointsOf(database.db, runId);
      expect(curve.points.map(({ step }) => step)).toEqual(stored.map((row) => row.step));
      expect(curve.total).toBe(stored.length);
    }),
    { numRuns: 15 },
  );
});

it("a live message of a run with 300,000 points costs what it adds", async () => {
  const runId = await newRun();
  await writeMetrics(database.db, [{ runId, teamId: TEAM, metrics: [point(0)] }]);
  await database.db.execute(sql`insert into run_metrics (series_id, step, timestamp_ms, value)
    select id, n, n + 1, n from metric_series, generate_series(1, 299999) n where run_id = ${runId}`);
  await database.db.execute(
    sql`update run_latest_metrics set step = 299999, timestamp_ms = 300000, value = 299999, points = 300000 where run_id = ${runId}`,
  );
  let curve = await curveOf(runId);
  expect([curve.total, curve.points.length]).toEqual([300_000, 1_000]);
  const sent = async () => (await sqlStatements.get()).values[0]?.value ?? 0;
  const message = async (metrics: ReturnType<typeof point>[]) => {
    await writeMetrics(database.db, [{ runId, teamId: TEAM, metrics }]);
    const before = await sent();
    const changes = await metricChanges.execute(ada(), {
      runId,
      since: curve.since,
      curves: [{ key: "loss", since: curve.since, after: endOf(curve) }],
    });
    const statements = (await sent()) - before;
    curve = await follow(runId, curve);
    return { statements, bytes: JSON.stringify(changes).length, points: changes.curves[0]?.points };
  };
  const next = await message([point(300_000), point(300_001)]);
  expect(next).toMatchObject({ statements: 4 });
  expect(next.points?.map(({ step }) => step)).toEqual([300_000, 300_001]);
  expect(next.bytes).toBeLessThan(600);
  const late = await message([point(17, -5)]);
  expect(late.points).toContainEqual({ step: 17, timestampMs: 18, value: -5 });
  expect([late.statements, late.bytes < 600]).toEqual([4, true]);
  expect(curve.total).toBe(300_003);
  // After a long absence it is thinned like a whole curve.
  const many = await message(Array.from({ length: 5_000 }, (_, at) => point(400_000 + at)));
  expect(many.points).toHaveLength(1_000);
  expect(many.points?.at(-1)?.step).toBe(404_999);
  expect(curve.points.length).toBeLessThanOrEqual(2_000);
});
