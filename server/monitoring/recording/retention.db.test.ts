import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { feedback, feedbackRevisions, predictions, setAsideRecords, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { sha256Hex } from "@/server/core/digest";
import { storeBatch } from "@/server/serving/gateway/drain";
import { recordFeedback } from "../outcomes/record-feedback";
import { retainPredictions, weekStart } from "./retention";
import { PredictionRecord } from "../schemas";
import { setRecordAside } from "./set-aside";
import { discardSetAside } from "./discard-set-aside";
import { listSetAside } from "./list-set-aside";
import { retrySetAside } from "./retry-set-aside";
import { storePredictions } from "./store-predictions";
import { makeDeployment, makePerson, makeTeam, predictionOf } from "../testing";

let database: TestDatabase;
let scientist: Actor;
let admin: Actor;
let deployment: Awaited<ReturnType<typeof makeDeployment>>;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

beforeAll(async () => {
  database = await createTestDatabase();
  const team = await makeTeam(database.db, "risk");
  scientist = await makePerson(database.db, team, "member");
  admin = await makePerson(database.db, team, "admin", true);
  deployment = await makeDeployment(database.db, scientist, "risk");
});
afterAll(() => database.close());

const make = (change: Parameters<typeof predictionOf>[2] = {}) =>
  predictionOf(deployment, scientist.teamId, change);

async function partitionOf(id: string): Promise<string | undefined> {
  const { rows } = await database.db.execute<{ name: string }>(
    sql`select tableoid::regclass::text as name from predictions where id = ${id}`,
  );
  return rows[0]?.name;
}

describe("retention", () => {
  it("keeps predictions by week, drops whole weeks with their outcomes, and leaves what was counted", async () => {
    const start = weekStart(Date.now()).getTime() + WEEK_MS;
    const weeks = [0, 1, 2].map((week) => make({ atMs: start + week * WEEK_MS + DAY_MS }));
    const ancient = make({ atMs: start - 400 * DAY_MS });
    const future = make({ atMs: start + 40 * WEEK_MS });
    // One came before its week was made: the week takes it over.
    await storePredictions(database.db, [...weeks.slice(0, 1), ancient, future]);
    expect(await partitionOf(weeks[0]?.id ?? "")).toBe("predictions_other");
    expect(await partitionOf(ancient.id)).toBe("predictions_before");
    expect((await retainPredictions(database.db, new Date(start), 900)).made).toBe(5);
    expect((await retainPredictions(database.db, new Date(start), 900)).made).toBe(0);
    await storePredictions(database.db, weeks);
    const day = new Date(start).toISOString().slice(0, 10).replaceAll("-", "");
    expect(await partitionOf(weeks[0]?.id ?? "")).toBe(`predictions_w${day}`);
    expect(await partitionOf(future.id)).toBe("predictions_other");
    // Stored once, although one of them was delivered before and after its week began.
    const counted = await database.db.select().from(trafficSeconds);
    expect(counted.reduce((sum, row) => sum + row.requests, 0)).toBe(5);

    const [first, second, third] = weeks;
    const tell = (value: number) =>
      recordFeedback.execute(
        { actor: scientist, db: database.db },
        { items: weeks.map(({ id }) => ({ predictionId: id, value })) },
      );
    await tell(0);
    await tell(1);
    // Eight days after the second week began: the first is over for more than a day, the second for none.
    const gone = await retainPredictions(database.db, new Date(start + WEEK_MS + 8 * DAY_MS), 8);
    expect(gone.dropped.toSorted()).toEqual(["predictions_before", `predictions_w${day}`]);
    const left = await database.db
      .select({ id: predictions.id })
      .from(predictions)
      .orderBy(asc(predictions.at));
    expect(left.map((row) => row.id)).toEqual([second?.id, third?.id, future.id]);
    const outcomes = await database.db
      .select({ id: feedback.predictionId })
      .from(feedback)
      .orderBy(asc(feedback.predictionAt));
    expect(outcomes.map((row) => row.id)).toEqual([second?.id, third?.id]);
    expect(await database.db.select().from(feedbackRevisions)).toHaveLength(2);
    const after = await database.db.select().from(trafficSeconds);
    expect(after.reduce((sum, row) => sum + row.correct, 0)).toBe(3);
    const told = await tell(1);
    expect(told.results.map((each) => each.outcome)).not.toContain("recorded");
    expect(first).toBeDefined();
  });
});

describe("a record that the database refuses", () => {
  it("is set aside with its reason, does not stop the others, and can be retried or discarded by an administrator", async () => {
    const good = [make(), make()];
    // Refused however often it is tried: no index holds a text that is as long and cannot be packed.
    const versionId = Array.from({ length: 1_000 }, (_, n) => sha256Hex(String(n))).join("");
    const bad = { ...make(), versionId };
    await storeBatch(
      {
        store: (records) => storePredictions(database.db, PredictionRecord.array().parse(records)),
        setAside: (record, error, tries) => setRecordAside(database.db, record, error, tries),
      },
      [good[0], bad, good[1]],
    );
    for (const { id } of good) expect(await partitionOf(id)).toBeDefined();
    const as = { actor: admin, db: database.db };
    const list = await listSetAside.execute(as, {});
    expect(list).toMatchObject({
      total: 1,
      items: [{ predictionId: bad.id, deployment: "risk", tries: 3, state: "waiting" }],
    });
    expect(list.items[0]?.error).toContain("versionId");
    const id = list.items[0]?.id ?? "";
    const forbidden = { code: "forbidden" };
    await expect(listSetAside.execute({ ...as, actor: scientist }, {})).rejects.toMatchObject(forbidden);
    await expect(retrySetAside.execute({ ...as, actor: scientist }, { id })).rejects.toMatchObject(forbidden);
    await expect(retrySetAside.execute(as, { id })).rejects.toMatchObject({ code: "conflict" });
    await discardSetAside.execute(as, { id });
    await expect(discardSetAside.execute(as, { id })).rejects.toMatchObject({ code: "conflict" });
    expect((await listSetAside.execute(as, {})).total).toBe(0);
  });

  it("is stored by a retry once its cause is gone, and counted once", async () => {
    const record = make({ versionId: "mv_retried" });
    await setRecordAside(database.db, record, new Error("numeric field overflow"), 3);
    await setRecordAside(database.db, record, new Error("numeric field overflow"), 3);
    const [row] = await database.db
      .select()
      .from(setAsideRecords)
      .where(eq(setAsideRecords.predictionId, record.id));
    expect(row).toMatchObject({ tries: 6, error: "numeric field overflow" });
    await retrySetAside.execute({ actor: admin, db: database.db }, { id: row?.id });
    expect(await partitionOf(record.id)).toBeDefined();
    const counted = await database.db
      .select()
      .from(trafficSeconds)
      .where(eq(trafficSeconds.versionId, "mv_retried"));
    expect(counted.map((each) => each.requests)).toEqual([1]);
  });
});
