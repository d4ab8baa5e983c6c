import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { outboxEvents, runs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { createLoggedModel, createRun, logBatch, setLoggedModelTags, updateRun } from "./index";
import { memberOf } from "./testing";
import { metricHistory, metricKeys, metricSeries } from "./metric-queries";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

const ada = () => ({ actor: memberOf("team_curves"), db: database.db });
const newRun = async () => (await createRun.execute(ada(), {})).id;
const point = (step: number, value: unknown, modelId?: string) => ({
  key: "loss",
  step,
  value,
  timestamp: step,
  ...(modelId ? { model_id: modelId } : {}),
});

describe("a curve", () => {
  it("of few points is all of them, in order, with its gaps", async () => {
    const runId = await newRun();
    const metrics = [point(3, 1), point(1, "NaN"), point(2, "Infinity"), point(0, 4)];
    await logBatch.execute(ada(), { runId, metrics });
    const [curve] = await metricSeries.execute(ada(), { runIds: [runId], key: "loss" });
    expect(curve).toMatchObject({ total: 4, gaps: 2 });
    expect(curve?.points.map(({ step, value }) => [step, value])).toEqual([
      [0, 4],
      [1, null],
      [2, null],
      [3, 1],
    ]);
  });

  it("of many points keeps its ends, its extremes and its length, and is thinned before it is read", async () => {
    const runId = await newRun();
    const value = (step: number) => (step === 4_321 ? 1_000 : step === 7_654 ? -1_000 : Math.sin(step / 900));
    for (let from = 0; from < 10_000; from += 1_000) {
      const metrics = Array.from({ length: 1_000 }, (_, at) => point(from + at, value(from + at)));
      // oxlint-disable-next-line no-await-in-loop -- one batch after another, as a client sends them
      await logBatch.execute(ada(), { runId, metrics });
    }
    const [curve] = await metricSeries.execute(ada(), { runIds: [runId], key: "loss", maxPoints: 100 });
    const points = curve?.points ?? [];
    expect([curve?.total, points.length, points[0]?.step, points.at(-1)?.step]).toEqual([
      10_000, 100, 0, 9_999,
    ]);
    const steps = points.map(({ step }) => step);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(Math.max(...points.map((each) => each.value ?? 0))).toBe(1_000);
    expect(Math.min(...points.map((each) => each.value ?? 0))).toBe(-1_000);
  });

  it("holds points that were logged under a logged model's id, and each measurement once", async () => {
    const runId = await newRun();
    const model = await createLoggedModel.execute(ada(), { experimentId: "0", sourceRunId: runId });
    await logBatch.execute(ada(), {
      runId,
      metrics: [point(0, 3), point(0, 3, model.id), point(1, 2, model.id)],
    });
    const [curve] = await metricSeries.execute(ada(), { runIds: [runId], key: "loss" });
    expect(curve?.points.map(({ step, value }) => [step, value])).toEqual([
      [0, 3],
      [1, 2],
    ]);
    expect(await metricKeys.execute(ada(), { runId })).toEqual([
      { key: "loss", points: 2, min: 2, max: 3, nanCount: 0 },
    ]);
  });

  it("names a run that is not there", async () => {
    const runId = await newRun();
    await expect(
      metricSeries.execute(ada(), { runIds: [runId, "f".repeat(32)], key: "loss" }),
    ).rejects.toMatchObject({ code: "not_found" });
  });
});

it("pages a history over a NaN and a zero of one moment", async () => {
  const runId = await newRun();
  const same = [point(5, "NaN"), point(5, 0), point(6, 1)];
  await logBatch.execute(ada(), { runId, metrics: same });
  const seen: unknown[] = [];
  let pageToken: string | undefined;
  do {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
    const page = await metricHistory.execute(ada(), { runId, key: "loss", maxResults: 1, pageToken });
    seen.push(...page.items.map(({ step, isNan }) => [step, isNan]));
    pageToken = page.nextCursor ?? undefined;
  } while (pageToken);
  expect(seen).toEqual([
    [5, false],
    [5, true],
    [6, false],
  ]);
});

it("ends a run once, and a rename at the same time does not undo it", async () => {
  const runId = await newRun();
  await Promise.all([
    ...Array.from({ length: 4 }, (_, at) => updateRun.execute(ada(), { runId, runName: `name ${at}` })),
    ...Array.from({ length: 4 }, () => updateRun.execute(ada(), { runId, status: "FINISHED", endMs: 9_000 })),
  ]);
  const [run] = await database.db.select().from(runs).where(eq(runs.id, runId));
  expect(run).toMatchObject({ status: "FINISHED", endMs: 9_000, name: expect.stringMatching(/^name \d$/) });
  const told = await database.db
    .select({ payload: outboxEvents.payload })
    .from(outboxEvents)
    .where(and(eq(outboxEvents.type, "experiments.run_finished")));
  expect(told.filter(({ payload }) => JSON.stringify(payload).includes(runId))).toHaveLength(1);
});

it("keeps tags of a logged model that are set at the same time", async () => {
  const model = await createLoggedModel.execute(ada(), { experimentId: "0" });
  const set = (key: string) =>
    setLoggedModelTags.execute(ada(), { modelId: model.id, pairs: [{ key, value: "1" }] });
  await Promise.all(["a", "b", "c", "d", "e", "f"].map(set));
  const last = await set("g");
  expect(Object.keys(last.tags).toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
});
