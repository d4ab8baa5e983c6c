import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runLatestMetrics, runs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { transaction } from "@/server/core/tell";
import { createRun, deleteRun, logBatch, restoreRun } from "./index";
import { memberOf, pointsOf } from "./testing";
import { metricWriter } from "./write-metrics";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const as = (actor: Actor) => ({ actor, db: database.db });
const ours = () => as(memberOf("team_ours"));

let runId: string;
beforeEach(async () => {
  runId = (await createRun.execute(ours(), {})).id;
});

const point = (value: unknown, step = 0, timestamp = 1_000, key = "loss") => ({
  key,
  value,
  step,
  timestamp,
});
const log = (id: string, ...metrics: ReturnType<typeof point>[]) =>
  logBatch.execute(ours(), { runId: id, metrics });
const stored = (id: string) => pointsOf(database.db, id);
const latest = async (id: string, key = "loss") => {
  const [row] = await database.db
    .select()
    .from(runLatestMetrics)
    .where(and(eq(runLatestMetrics.runId, id), eq(runLatestMetrics.key, key)));
  return row && { step: row.step, timestampMs: row.timestampMs, value: row.isNan ? Number.NaN : row.value };
};

describe("points that arrive together", () => {
  it("are stored each once, for several runs, with the latest value of each", async () => {
    const other = (await createRun.execute(ours(), {})).id;
    const requests = Array.from({ length: 200 }, (_, step) =>
      log(step % 2 ? other : runId, point(step, step)),
    );
    await Promise.all([...requests, ...requests.slice(0, 1), log(runId, point(0, 0))]);
    expect(await stored(runId)).toHaveLength(100);
    expect(await stored(other)).toHaveLength(100);
    expect(await latest(runId)).toMatchObject({ step: 198, value: 198 });
    expect(await latest(other)).toMatchObject({ step: 199, value: 199 });
  });

  it("a run that is missing, deleted or another team's is refused alone, and nothing of it is stored", async () => {
    const theirs = (await createRun.execute(as(memberOf("team_theirs")), {})).id;
    const deleted = (await createRun.execute(ours(), {})).id;
    await deleteRun.execute(ours(), { runId: deleted });
    const missing = newId("run");
    const outcomes = await Promise.allSettled(
      [theirs, deleted, missing, runId].map((id) => log(id, point(1))),
    );
    expect(outcomes.map((each) => (each.status === "rejected" ? each.reason.code : "stored"))).toEqual([
      "not_found",
      "precondition_failed",
      "not_found",
      "stored",
    ]);
    for (const id of [theirs, deleted, missing]) {
      expect(await stored(id)).toEqual([]);
      expect(await latest(id)).toBeUndefined();
    }
    await restoreRun.execute(ours(), { runId: deleted });
    await log(deleted, point(1));
    expect(await stored(deleted)).toHaveLength(1);
  });

  it("the same run id from two teams in one moment writes for its owner only", async () => {
    const outcomes = await Promise.allSettled([
      logBatch.execute(as(memberOf("team_theirs")), { runId, metrics: [point(666)] }),
      log(runId, point(1)),
    ]);
    expect(outcomes.map((each) => each.status)).toEqual(["rejected", "fulfilled"]);
    expect((await stored(runId)).map((row) => row.value)).toEqual([1]);
  });

  it("a row that the database refuses fails its own request, whole, and none of its neighbours", async () => {
    const writer = metricWriter(database.db);
    const entry = (value: number, dataset_name: string | null = null) => ({
      runId,
      teamId: "team_ours",
      metrics: [
        { key: "loss", value, step: value, timestamp: 1 },
        { key: "loss", value, step: value + 100, timestamp: 1, dataset_name },
      ],
    });
    const outcomes = await Promise.allSettled([
      writer.add(entry(1)),
      writer.add(entry(2, "zero\u0000byte")),
      writer.add(entry(3)),
    ]);
    expect(outcomes.map((each) => each.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await stored(runId)).map((row) => row.step)).toEqual([1, 3, 101, 103]);
  });

  it("a request is refused before it meets the others: limits and forbidden role", async () => {
    const viewer = as({ ...memberOf("team_ours"), role: "viewer" });
    await expect(logBatch.execute(viewer, { runId, metrics: [point(1)] })).rejects.toMatchObject({
      code: "forbidden",
    });
    const many = Array.from({ length: 1001 }, (_, step) => point(1, step));
    await expect(log(runId, ...many)).rejects.toMatchObject({ code: "invalid" });
    await expect(log(runId, point(1, 0, 1_000, "../up"))).rejects.toMatchObject({
      details: { fields: { "metrics.0.key": expect.any(String) } },
    });
    const nul = { ...point(1), dataset_name: "zero\u0000byte" };
    await expect(logBatch.execute(ours(), { runId, metrics: [nul] })).rejects.toMatchObject({
      code: "invalid",
      details: { fields: { "metrics.0.dataset_name": expect.any(String) } },
    });
    expect(await stored(runId)).toEqual([]);
  });

  it("with params or tags beside them all is written or nothing", async () => {
    const params = [{ key: "lr", value: "0.1" }];
    await logBatch.execute(ours(), { runId, metrics: [point(1)], params, tags: [{ key: "a", value: "b" }] });
    const changed = [{ key: "lr", value: "0.2" }];
    await expect(
      logBatch.execute(ours(), { runId, metrics: [point(2, 1)], params: changed }),
    ).rejects.toMatchObject({ code: "invalid" });
    expect(await stored(runId)).toHaveLength(1);
  });

  it("inside a transaction they are part of it", async () => {
    const undone = transaction(database.db, async (tx) => {
      await logBatch.execute({ ...ours(), db: tx }, { runId, metrics: [point(1)] });
      expect(await pointsOf(tx, runId)).toHaveLength(1);
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
    expect(await stored(runId)).toEqual([]);
  });

  it("works after the connection was lost", async () => {
    await log(runId, point(1));
    await database.db.select().from(runs).limit(1);
    const ended = await database.db.execute(`select pg_terminate_backend(pg_backend_pid())`).then(
      () => "answered",
      () => "lost",
    );
    expect(ended).toBe("lost");
    await log(runId, point(2, 1));
    expect(await stored(runId)).toHaveLength(2);
  });
});

describe("the latest value of a metric", () => {
  it("is the highest step, then time, then value, in whatever order they arrive", async () => {
    await log(runId, point(1, 5, 1_000));
    await log(runId, point(9, 4, 9_000));
    expect(await latest(runId)).toEqual({ step: 5, timestampMs: 1_000, value: 1 });
    await log(runId, point(2, 5, 2_000), point(3, 5, 1_500));
    expect(await latest(runId)).toEqual({ step: 5, timestampMs: 2_000, value: 2 });
    await log(runId, point(1.5, 5, 2_000));
    expect(await latest(runId)).toEqual({ step: 5, timestampMs: 2_000, value: 2 });
    await log(runId, point(2.5, 5, 2_000));
    expect(await latest(runId)).toEqual({ step: 5, timestampMs: 2_000, value: 2.5 });
  });

  it("may be NaN, and a NaN gives way to a later number", async () => {
    await log(runId, point("NaN", 1));
    expect(await latest(runId)).toEqual({ step: 1, timestampMs: 1_000, value: Number.NaN });
    await log(runId, point(0.5, 2));
    expect(await latest(runId)).toEqual({ step: 2, timestampMs: 1_000, value: 0.5 });
    expect((await stored(runId)).map((row) => row.value)).toEqual([Number.NaN, 0.5]);
  });

  it("holds infinities as the largest doubles", async () => {
    await log(runId, point("Infinity", 1), point("-Infinity", 1, 1_000, "gain"));
    expect(await latest(runId)).toMatchObject({ value: Number.MAX_VALUE });
    expect(await latest(runId, "gain")).toMatchObject({ value: -Number.MAX_VALUE });
  });

  it("of equal points does not depend on their order: NaN counts as 0, and after it", async () => {
    const other = (await createRun.execute(ours(), {})).id;
    for (const value of ["NaN", 0]) await log(runId, point(value));
    for (const value of [0, "NaN"]) await log(other, point(value));
    expect(await latest(runId)).toEqual(await latest(other));
    expect((await latest(runId))?.value).toBeNaN();
    await log(runId, point(-1));
    expect((await latest(runId))?.value).toBeNaN();
    await log(runId, point(1));
    expect((await latest(runId))?.value).toBe(1);
  });
});
