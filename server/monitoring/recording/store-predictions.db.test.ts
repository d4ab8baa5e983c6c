import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { feedback, pendingFeedback, predictions, rollouts, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { bucketOf } from "@/server/serving/rules";
import { sweepPending } from "../outcomes/pending-feedback";
import { recordFeedback } from "../outcomes/record-feedback";
import { storePredictions } from "./store-predictions";
import { makeDeployment, makePerson, makeTeam, predictionOf } from "../testing";

let database: TestDatabase;
let scientist: Actor;
let viewer: Actor;
let stranger: Actor;
let deployment: Awaited<ReturnType<typeof makeDeployment>>;

const call = (actor: Actor | undefined, items: unknown) =>
  recordFeedback.execute({ actor, db: database.db }, { items });
const outcomesOf = async (actor: Actor, items: unknown) =>
  (await call(actor, items)).results.map((result) => result.outcome);
const secondsOf = (id: string) =>
  database.db.select().from(trafficSeconds).where(eq(trafficSeconds.deploymentId, id));
const sumOf = async (id: string) => {
  const sum = { requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 };
  for (const row of await secondsOf(id)) {
    sum.requests += row.requests;
    sum.errors += row.errors;
    sum.slow += row.slow;
    sum.feedback += row.feedback;
    sum.correct += row.correct;
  }
  return sum;
};

beforeAll(async () => {
  database = await createTestDatabase();
  const team = await makeTeam(database.db, "risk");
  scientist = await makePerson(database.db, team, "member");
  viewer = await makePerson(database.db, team, "viewer");
  stranger = await makePerson(database.db, await makeTeam(database.db, "other"), "member");
});
afterAll(() => database.close());

let number = 0;
async function fresh() {
  number += 1;
  deployment = await makeDeployment(database.db, scientist, `risk-${number}`);
  return deployment;
}
const make = (change: Parameters<typeof predictionOf>[2] = {}) =>
  predictionOf(deployment, scientist.teamId, change);

describe("storing predictions", () => {
  it("counts each prediction once, however often the spool delivers it", async () => {
    const { id } = await fresh();
    const atMs = 1_760_000_000_250;
    const batch = [
      make({ atMs, latencyMs: 0.05 }),
      make({ atMs: atMs + 700, latencyMs: 250 }),
      make({ atMs: atMs + 740, latencyMs: 100, status: 500, error: "model failed", predicted: null }),
      make({ atMs, status: 400, error: "not a tensor", predicted: null }),
    ];
    expect(await storePredictions(database.db, [...batch, ...batch.slice(0, 1)])).toEqual({
      stored: 4,
      duplicates: 1,
    });
    expect(await storePredictions(database.db, [...batch, make({ atMs, latencyMs: 0.05 })])).toEqual({
      stored: 1,
      duplicates: 4,
    });
    // The caller's own mistake says nothing of the model: it is kept, but neither a request of the arm nor an error.
    expect(await secondsOf(id)).toEqual([
      expect.objectContaining({
        second: 1_760_000_000,
        requests: 4,
        errors: 1,
        slow: 1,
        latencyMaxMs: 250,
        latencyBuckets: { 0: 2, [bucketOf(100)]: 1, [bucketOf(250)]: 1 },
      }),
    ]);
  });

  it("stands two deliveries of the same batch at the same time", async () => {
    const { id } = await fresh();
    const batch = Array.from({ length: 300 }, (_, n) => make({ atMs: 1_760_000_000_000 + n * 10 }));
    const answers = await Promise.all(
      [batch, batch.toReversed(), batch].map((each) => storePredictions(database.db, each)),
    );
    expect(answers.reduce((sum, answer) => sum + answer.stored, 0)).toBe(300);
    expect(await sumOf(id)).toMatchObject({ requests: 300 });
  });

  it("stores what JSON allows and Postgres does not", async () => {
    await fresh();
    const bad = make({
      inputs: { "a\0": ["x\0y", "\uD800", "fine \\u0000"] },
      error: "\0",
      parameters: { mode: "\0" },
    });
    await storePredictions(database.db, [bad]);
    const [row] = await database.db.select().from(predictions).where(eq(predictions.id, bad.id));
    expect(row?.inputs).toEqual({ "a\uFFFD": ["x\uFFFDy", "\uFFFD", "fine \\u0000"] });
    expect(row?.parameters).toEqual({ mode: "\uFFFD" });
  });

  it("keeps the canary's failures in a row across batches", async () => {
    const { id, versionId } = await fresh();
    const rolloutId = newId("rollout");
    await database.db.insert(rollouts).values({
      id: rolloutId,
      teamId: scientist.teamId,
      deploymentId: id,
      toVersionId: versionId,
      stages: [],
      criteria: {},
      createdBy: scientist.userId,
    });
    const at = (n: number, status: number) =>
      make({ rolloutId, arm: "canary", stage: 0, atMs: 1_760_000_000_000 + n, status });
    const count = async () => {
      const [row] = await database.db.select().from(rollouts).where(eq(rollouts.id, rolloutId));
      return row?.consecutiveFailures;
    };
    await storePredictions(database.db, [at(2, 500), at(1, 200), at(3, 503)]);
    expect(await count()).toBe(2);
    await storePredictions(database.db, [at(4, 500), make({ rolloutId, stage: 0, status: 200 })]);
    expect(await count()).toBe(3);
    await storePredictions(database.db, [at(5, 200)]);
    expect(await count()).toBe(0);
  });
});

describe("feedback", () => {
  it("is compared, counted in the prediction's own second and arm, and is never counted twice", async () => {
    const { id } = await fresh();
    const [right, wrong] = [
      make(),
      make({ atMs: 1_760_000_000_999, arm: "canary", stage: 2, predicted: "0" }),
    ];
    await storePredictions(database.db, [right, wrong]);
    const items = [
      { predictionId: right.id, value: 1 },
      { predictionId: wrong.id, value: "1.0" },
    ];
    expect(await call(scientist, items)).toMatchObject({
      summary: { recorded: 2 },
      results: [{ isCorrect: true }, { isCorrect: false }],
    });
    expect(await outcomesOf(scientist, items)).toEqual(["unchanged", "unchanged"]);
    const rows = await secondsOf(id);
    expect(rows.find((row) => row.arm === "canary")).toMatchObject({
      stage: 2,
      second: 1_760_000_000,
      feedback: 1,
      correct: 0,
    });
    expect(await sumOf(id)).toMatchObject({ requests: 2, feedback: 2, correct: 1 });
  });

  it("judges each item alone", async () => {
    await fresh();
    const known = make();
    const failed = make({ status: 500, error: "model failed", predicted: null });
    await storePredictions(database.db, [known, failed]);
    const [early, old] = [newId("prediction"), `prd_${"0".repeat(12)}7000a${"0".repeat(15)}`];
    expect(
      await outcomesOf(scientist, [
        { predictionId: known.id, value: {} },
        { predictionId: known.id, value: "2" },
        { predictionId: known.id, value: "1" },
        { predictionId: known.id, value: "1.0" },
        { predictionId: failed.id, value: "1" },
        { predictionId: early, value: "1" },
        { predictionId: early, value: "2" },
        { predictionId: old, value: "1" },
        "nonsense",
        { predictionId: "zero\0byte", value: "1" },
        { predictionId: early, value: "1\0" },
        { predictionId: `${known.id}.1`, value: "1" },
      ]),
    ).toEqual([
      "invalid",
      "superseded",
      "recorded",
      "unchanged",
      "invalid",
      "superseded",
      "superseded",
      "not_found",
      "invalid",
      "invalid",
      "pending",
      "invalid",
    ]);
  });

  it("waits for its prediction and joins it when it lands", async () => {
    const { id } = await fresh();
    const late = make();
    expect(await outcomesOf(scientist, [{ predictionId: late.id, value: "1" }])).toEqual(["pending"]);
    await storePredictions(database.db, [late]);
    expect(await sumOf(id)).toMatchObject({ requests: 1, feedback: 1, correct: 1 });
    expect(await outcomesOf(scientist, [{ predictionId: late.id, value: "1" }])).toEqual(["unchanged"]);
  });

  it("is joined by the sweep when both were written at the same moment, and forgotten after a day", async () => {
    const { id } = await fresh();
    const met = make();
    await storePredictions(database.db, [met]);
    const now = new Date();
    const row = { teamId: scientist.teamId, value: "1", givenBy: scientist.userId };
    await database.db.insert(pendingFeedback).values([
      { ...row, predictionId: met.id, at: now },
      { ...row, predictionId: newId("prediction"), at: new Date(now.getTime() - 25 * 3_600_000) },
    ]);
    expect(await sweepPending(database.db, now)).toEqual({ joined: 1, forgotten: 1 });
    expect(await sumOf(id)).toMatchObject({ requests: 1, feedback: 1, correct: 1 });
  });

  it("is for members of the team: another team's prediction looks as if it were missing", async () => {
    const { id } = await fresh();
    const mine = make({ id: newId("prediction") });
    await storePredictions(database.db, [mine]);
    await expect(call(viewer, [{ predictionId: mine.id, value: "1" }])).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(call(undefined, [])).rejects.toMatchObject({ code: "unauthenticated" });
    await expect(call(scientist, [])).rejects.toMatchObject({ code: "invalid" });
    expect(await outcomesOf(stranger, [{ predictionId: mine.id, value: "1" }])).toEqual(["pending"]);
    expect(await outcomesOf(scientist, [{ predictionId: mine.id, value: "0" }])).toEqual(["recorded"]);
    expect((await sweepPending(database.db, new Date())).joined).toBe(0);
    expect(await sumOf(id)).toMatchObject({ feedback: 1, correct: 0 });
    const rows = await database.db.select().from(feedback).where(eq(feedback.predictionId, mine.id));
    expect(rows).toHaveLength(1);
  });
});
