import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loggedModels } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import {
  createExperiment,
  createLoggedModel,
  createRun,
  logBatch,
  searchExperiments,
  searchLoggedModels,
  searchRuns,
} from "./index";
import { memberOf } from "./testing";

let database: TestDatabase;
let experimentId: string;
const ours = () => ({ actor: memberOf("team_ours"), db: database.db });

beforeAll(async () => {
  database = await createTestDatabase();
  experimentId = String((await createExperiment.execute(ours(), { name: "search" })).id);
});
afterAll(() => database.close());

describe("a number where the grammar has text", () => {
  const inExperiment = (filter: string) => ({ experimentIds: [experimentId], filter });
  const searches: Record<string, (filter: string) => Promise<unknown>> = {
    runs: (filter) => searchRuns.execute(ours(), inExperiment(filter)),
    "logged models": (filter) => searchLoggedModels.execute(ours(), inExperiment(filter)),
    experiments: (filter) => searchExperiments.execute(ours(), { filter }),
  };
  it.each([
    ["runs", "tags.v = 1"],
    ["runs", "params.alpha > 2"],
    ["runs", "attributes.run_name = 5"],
    ["runs", "user_id != 1"],
    ["logged models", "tags.v = 1"],
    ["logged models", "params.alpha = 2"],
    ["logged models", "name = 5"],
    ["experiments", "tags.v = 1"],
    ["experiments", "name = 5"],
  ])("is refused in words: %s by %s", async (what, filter) => {
    await expect(searches[what]?.(filter)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("is text: quote the value"),
    });
  });
});

describe("the experiments of a search", () => {
  it("may be numbers that no experiment has", async () => {
    const far = { experimentIds: ["9999999999", experimentId] };
    const { id } = await createRun.execute(ours(), { experimentId });
    expect((await searchRuns.execute(ours(), far)).items.map((run) => run.id)).toEqual([id]);
    const none = { experimentIds: ["9999999999"] };
    expect((await searchRuns.execute(ours(), none)).items).toEqual([]);
    expect((await searchLoggedModels.execute(ours(), none)).items).toEqual([]);
  });
});

describe("logged models of the same millisecond", () => {
  it("are each on one page", async () => {
    const made = await Promise.all(
      Array.from({ length: 5 }, async (_, n) => {
        const { id } = await createLoggedModel.execute(ours(), { experimentId });
        const createdAt = sql`'2026-01-01T00:00:00.001Z'::timestamptz + ${n} * interval '1 microsecond'`;
        await database.db.update(loggedModels).set({ createdAt }).where(eq(loggedModels.id, id));
        return id;
      }),
    );
    const seen: string[] = [];
    for (let pageToken: string | undefined; ;) {
      // oxlint-disable-next-line no-await-in-loop -- one page after the other
      const page = await searchLoggedModels.execute(ours(), {
        experimentIds: [experimentId],
        maxResults: 2,
        pageToken,
      });
      seen.push(...page.items.map((model) => model.id));
      if (!page.nextCursor) break;
      pageToken = page.nextCursor;
    }
    expect(seen.toSorted()).toEqual(made.toSorted());
  });
});

describe("names in any script", () => {
  it("are logged and found", async () => {
    const { id } = await createRun.execute(ours(), { experimentId });
    await logBatch.execute(ours(), {
      runId: id,
      metrics: [{ key: "précision", value: 0.9, timestamp: 1 }],
      params: [{ key: "学习率", value: "0.1" }],
    });
    const filter = "metrics.précision > 0.5 and params.学习率 = '0.1'";
    const found = await searchRuns.execute(ours(), {
      experimentIds: [experimentId],
      filter,
      orderBy: ["metrics.précision DESC"],
    });
    expect(found.items.map((run) => run.id)).toEqual([id]);
  });

  it.each(["a\u0301b", "a;b", "a\nb", "a🙂"])(
    "hold letters, digits and a few signs only: %j",
    async (key) => {
      const { id } = await createRun.execute(ours(), { experimentId });
      const params = [{ key, value: "1" }];
      await expect(logBatch.execute(ours(), { runId: id, params })).rejects.toMatchObject({
        code: "invalid",
      });
    },
  );
});

describe("values with signs of the grammar in them, and values that are not there", () => {
  it("are found as they are", async () => {
    const inHere = { experimentId: String((await createExperiment.execute(ours(), { name: "signs" })).id) };
    const values = ["C:\\data\\train", "C:\\data\\", "it's", "100%", "a_b"];
    const ids: string[] = [];
    for (const value of values) {
      // oxlint-disable-next-line no-await-in-loop -- in an order that is known
      const { id } = await createRun.execute(ours(), inHere);
      // oxlint-disable-next-line no-await-in-loop -- in an order that is known
      await logBatch.execute(ours(), {
        runId: id,
        params: [{ key: "path", value }],
        tags: [{ key: `t${ids.length}`, value }],
      });
      ids.push(id);
    }
    const found = async (filter: string) => {
      const page = await searchRuns.execute(ours(), { experimentIds: [inHere.experimentId], filter });
      return page.items.map((run) => values[ids.indexOf(run.id)] ?? "").toSorted((a, b) => (a < b ? -1 : 1));
    };
    expect(await found("params.path = 'C:\\data\\train'")).toEqual(["C:\\data\\train"]);
    expect(await found("params.path = 'C:\\data\\'")).toEqual(["C:\\data\\"]);
    expect(await found("params.path LIKE 'C:\\data%'")).toEqual(["C:\\data\\", "C:\\data\\train"]);
    expect(await found("params.path ILIKE 'c:\\DATA\\%'")).toEqual(["C:\\data\\", "C:\\data\\train"]);
    expect(await found('params.path = "it\'s"')).toEqual(["it's"]);
    expect(await found("tags.t0 IS NOT NULL")).toEqual(["C:\\data\\train"]);
    expect(await found("tags.t0 IS NULL AND tags.t1 IS NULL and params.path IS NOT NULL")).toEqual([
      "100%",
      "a_b",
      "it's",
    ]);
    expect(await found("params.none IS NULL")).toHaveLength(values.length);
    await expect(found("metrics.a IS NULL")).rejects.toMatchObject({
      message: expect.stringContaining("only supported for tags and params"),
    });
    await expect(found("val_auc > 0.9")).rejects.toMatchObject({
      message: expect.stringContaining("Invalid attribute key 'val_auc' specified. Valid keys are"),
      hint: expect.stringContaining("metrics.val_auc"),
    });
  });

  it("are ids of experiments in quotes, as MLflow writes them", async () => {
    const ask = async (filter: string) =>
      (await searchExperiments.execute(ours(), { filter })).items.map((row) => String(row.id));
    expect(await ask(`experiment_id = '${experimentId}'`)).toEqual([experimentId]);
    expect(await ask(`experiment_id IN ('${experimentId}', '999999')`)).toEqual([experimentId]);
    expect(await ask(`tags.none IS NULL and experiment_id = '${experimentId}'`)).toEqual([experimentId]);
    await expect(ask("experiment_id = 'x'")).rejects.toMatchObject({ code: "invalid" });
  });
});
