import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import {
  createLoggedModel,
  createRun,
  getRun,
  logBatch,
  logOutputs,
  metricHistory,
  searchRuns,
  updateRun,
} from "./index";
import { metricChanges } from "./metric-changes";
import { metricSeries } from "./metric-queries";
import { memberOf } from "./testing";

const BASE = 1_730_000_000_123_456_789n;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());
const ada = () => ({ actor: memberOf("team_exact"), db: database.db });
const ask = (runId: string) => getRun.execute(ada(), { runId });

describe("steps and times of 64 bits", () => {
  it("stay what they were, page by page, where two differ by one", async () => {
    const { id: runId } = await createRun.execute(ada(), {});
    const points = [0n, 1n, 2n, 300n].map((more) => ({
      key: "loss",
      value: Number(more),
      step: BASE + more,
      timestamp: String(BASE - more),
    }));
    await logBatch.execute(ada(), { runId, metrics: points });
    await logBatch.execute(ada(), { runId, metrics: points });
    const seen: unknown[] = [];
    let pageToken: string | undefined;
    do {
      // oxlint-disable-next-line no-await-in-loop -- each page says where the next begins
      const page = await metricHistory.execute(ada(), { runId, key: "loss", maxResults: 1, pageToken });
      seen.push(...page.items.map(({ step, timestampMs, value }) => [step, timestampMs, value]));
      pageToken = page.nextCursor ?? undefined;
    } while (pageToken);
    expect(seen).toEqual([0n, 1n, 2n, 300n].map((more) => [BASE + more, BASE - more, Number(more)]));
    const latest = (await ask(runId)).metrics.find(({ key }) => key === "loss");
    expect([latest?.step, latest?.timestampMs]).toEqual([BASE + 300n, BASE - 300n]);
  });

  it("are drawn, and what is added is told", async () => {
    const { id: runId } = await createRun.execute(ada(), {});
    const log = (more: bigint) =>
      logBatch.execute(ada(), {
        runId,
        metrics: [{ key: "loss", value: Number(more), step: BASE + more, timestamp: 1 }],
      });
    await log(0n);
    const [curve] = await metricSeries.execute(ada(), { runIds: [runId], key: "loss" });
    const last = curve?.points[0];
    expect(last?.step).toBe(Number(BASE));
    await log(100_000n);
    const changes = await metricChanges.execute(ada(), {
      runId,
      curves: [{ key: "loss", since: curve?.since ?? "0", after: [last?.step ?? 0, last?.timestampMs ?? 0] }],
    });
    expect(changes.curves[0]?.points.at(-1)?.step).toBe(Number(BASE + 100_000n));
  });

  it("of runs are found, compared and ordered to the last digit", async () => {
    const starts = [BASE, BASE + 1n, BASE + 2n];
    const made = await Promise.all(starts.map((startMs) => createRun.execute(ada(), { startMs })));
    const ids = made.map((run) => run.id);
    expect(made.map((run) => run.startMs)).toEqual(starts);
    const [first = ""] = ids;
    const ended = await updateRun.execute(ada(), { runId: first, status: "FINISHED", endMs: BASE + 7n });
    expect([ended.endMs, (await ask(first)).endMs]).toEqual([BASE + 7n, BASE + 7n]);
    const search = (filter: string, orderBy: string[], pageToken?: string) =>
      searchRuns.execute(ada(), { experimentIds: ["0"], filter, orderBy, maxResults: 2, pageToken });
    const greater = await search(`start_time > ${BASE}`, ["start_time ASC"]);
    expect(greater.items.map((run) => run.id)).toEqual(ids.slice(1));
    for (const orderBy of [["start_time ASC"], ["status DESC", "start_time ASC"]]) {
      // oxlint-disable-next-line no-await-in-loop -- one order after the other
      const page = await search(`start_time >= ${BASE}`, orderBy);
      // oxlint-disable-next-line no-await-in-loop -- the second page begins where the first ended
      const rest = await search(`start_time >= ${BASE}`, orderBy, page.nextCursor ?? "");
      const found = [...page.items, ...rest.items].map((run) => run.id);
      expect(found.toSorted()).toEqual(ids.toSorted());
      expect(found.filter((id) => id !== first)).toEqual(ids.slice(1));
    }
  });

  it("of logged models and their metrics", async () => {
    const { id: runId } = await createRun.execute(ada(), {});
    const model = await createLoggedModel.execute(ada(), { experimentId: "0", sourceRunId: runId });
    await logOutputs.execute(ada(), { runId, models: [{ model_id: model.id, step: BASE }] });
    expect((await ask(runId)).outputs).toEqual([{ modelId: model.id, step: BASE }]);
  });
});
