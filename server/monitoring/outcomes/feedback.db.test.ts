import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { feedback, feedbackRevisions, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { recordFeedback } from "./record-feedback";
import { storePredictions } from "../recording/store-predictions";
import { makeDeployment, makePerson, makeTeam, predictionOf } from "../testing";

let database: TestDatabase;
let scientist: Actor;
let deployment: Awaited<ReturnType<typeof makeDeployment>>;

beforeAll(async () => {
  database = await createTestDatabase();
  scientist = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
});
afterAll(() => database.close());

let number = 0;
async function fresh() {
  number += 1;
  deployment = await makeDeployment(database.db, scientist, `risk-${number}`);
}
const AT = 1_760_000_000_250;
const make = (change: Parameters<typeof predictionOf>[2] = {}) =>
  predictionOf(deployment, scientist.teamId, { atMs: AT, ...change });
const tell = async (...items: unknown[]) =>
  (await recordFeedback.execute({ actor: scientist, db: database.db }, { items })).results;
async function counts() {
  const rows = await database.db
    .select()
    .from(trafficSeconds)
    .where(eq(trafficSeconds.deploymentId, deployment.id));
  expect(rows).toHaveLength(1);
  return rows[0];
}

describe("feedback", () => {
  it("takes true, True, 1 and 1.0 as one value, by the output's datatype", async () => {
    await fresh();
    const four = Array.from({ length: 4 }, () => make({ datatype: "FP32" }));
    await storePredictions(database.db, four);
    const values = [true, "True", 1, "1.0"];
    const results = await tell(...four.map(({ id }, n) => ({ predictionId: id, value: values[n] })));
    expect(results.map((each) => each.isCorrect)).toEqual([true, true, true, true]);
    expect(await counts()).toMatchObject({ feedback: 4, correct: 4, measured: 4, absErrorSum: 0 });
  });

  it("sums how far numbers were off, to the fourth power", async () => {
    await fresh();
    const off = [0.5, -2, 3];
    const records = off.map(() => make({ predicted: "10", datatype: "FP64" }));
    await storePredictions(database.db, records);
    await tell(...records.map(({ id }, n) => ({ predictionId: id, value: 10 + (off[n] ?? 0) })));
    const sums = await counts();
    expect(sums).toMatchObject({ feedback: 3, correct: 0, measured: 3 });
    expect(sums?.absErrorSum).toBeCloseTo(5.5, 12);
    expect(sums?.squaredErrorSum).toBeCloseTo(0.25 + 4 + 9, 12);
    expect(sums?.fourthErrorSum).toBeCloseTo(0.0625 + 16 + 81, 12);
  });

  it("can be corrected: the latest counts, once, and what was said before is kept", async () => {
    await fresh();
    const [one, other] = [
      make({ predicted: "10", datatype: "FP64" }),
      make({ predicted: "10", datatype: "FP64" }),
    ];
    await storePredictions(database.db, [one, other]);
    await tell({ predictionId: one.id, value: 1e200 }, { predictionId: other.id, value: 11 });
    const corrected = { predictionId: one.id, value: 10 };
    expect((await tell(corrected)).map((each) => each.outcome)).toEqual(["corrected"]);
    // A mistake of 1e200 leaves nothing behind in the sums.
    const after = {
      feedback: 2,
      correct: 1,
      measured: 2,
      absErrorSum: 1,
      squaredErrorSum: 1,
      fourthErrorSum: 1,
    };
    expect(await counts()).toMatchObject(after);
    expect((await tell(corrected, corrected)).map((each) => each.outcome)).toEqual([
      "unchanged",
      "unchanged",
    ]);
    expect(await counts()).toMatchObject(after);
    expect((await tell({ predictionId: one.id, value: 12 }))[0]?.outcome).toBe("corrected");
    expect(await counts()).toMatchObject({ feedback: 2, correct: 0, absErrorSum: 3, squaredErrorSum: 5 });
    const history = await database.db
      .select()
      .from(feedbackRevisions)
      .where(eq(feedbackRevisions.predictionId, one.id))
      .orderBy(asc(feedbackRevisions.revision));
    expect(history.map(({ revision, value, isCorrect }) => ({ revision, value, isCorrect }))).toEqual([
      { revision: 0, value: "1e+200", isCorrect: false },
      { revision: 1, value: "10", isCorrect: true },
    ]);
  });

  it("counts right when many correct and tell at the same time", async () => {
    await fresh();
    const records = Array.from({ length: 30 }, () => make());
    await storePredictions(database.db, records);
    const all = (value: number) => records.map(({ id }) => ({ predictionId: id, value }));
    await Promise.all([tell(...all(1)), tell(...all(0).toReversed()), tell(...all(1)), tell(...all(0))]);
    const rows = await database.db.select().from(feedback).where(eq(feedback.deploymentId, deployment.id));
    expect(await counts()).toMatchObject({
      feedback: 30,
      correct: rows.filter((row) => row.isCorrect).length,
    });
    await tell(...all(1));
    expect(await counts()).toMatchObject({ feedback: 30, correct: 30 });
  });

  it("takes each row of a batch as a prediction of its own", async () => {
    await fresh();
    const batch = make({ predicted: null, rows: 3, predictedRows: ["1", "0", "1"] });
    await storePredictions(database.db, [batch]);
    const results = await tell(
      { predictionId: `${batch.id}.0`, value: 1 },
      { predictionId: `${batch.id}.1`, value: 1 },
      { predictionId: `${batch.id}.3`, value: 1 },
      { predictionId: batch.id, value: 1 },
    );
    expect(results.map((each) => each.outcome)).toEqual(["recorded", "recorded", "invalid", "invalid"]);
    expect(results[3]?.message).toContain(`${batch.id}.0 to ${batch.id}.2`);
    expect(await counts()).toMatchObject({ requests: 1, feedback: 2, correct: 1 });
  });

  it("for a row may come before its batch is stored", async () => {
    await fresh();
    const late = predictionOf(deployment, scientist.teamId, {
      predicted: null,
      rows: 2,
      predictedRows: ["1", "0"],
    });
    const told = await tell(
      { predictionId: `${late.id}.1`, value: 1 },
      { predictionId: `${late.id}.1`, value: 0 },
      { predictionId: late.id, value: 1 },
    );
    expect(told.map((each) => each.outcome)).toEqual(["superseded", "pending", "pending"]);
    await storePredictions(database.db, [late]);
    // The one that names no row of a batch cannot be compared.
    expect(await counts()).toMatchObject({ feedback: 1, correct: 1 });
  });

  it("takes several labels of a row, and one of a ranking", async () => {
    await fresh();
    const labels = make({ predicted: "cat, dog", datatype: "BYTES", predictedRows: [["cat", "dog"]] });
    const ranking = make({ predicted: "7, 3", predictedRows: [["7", "3"]] });
    await storePredictions(database.db, [labels, ranking]);
    const results = await tell(
      { predictionId: labels.id, value: ["dog", "cat"] },
      { predictionId: ranking.id, value: 3 },
    );
    expect(results.map((each) => each.isCorrect)).toEqual([true, true]);
    expect((await tell({ predictionId: labels.id, value: ["dog"] }))[0]).toMatchObject({
      outcome: "corrected",
      isCorrect: false,
    });
  });
});
