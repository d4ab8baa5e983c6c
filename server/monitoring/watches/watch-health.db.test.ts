import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alerts, deployments, processes, trafficSeconds } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import { systemActor, type Actor } from "@/server/core/actor";
import { createCtx, type Ctx } from "@/server/core/context";
import { bucketOf } from "@/server/serving/rules";
import type { AlertKind } from "../alerts/rules";
import { makeDeployment, makePerson, makeTeam } from "../testing";
import { watchHealth, watchRecording } from "./watch-health";

let database: TestDatabase;
let owner: Actor;
const factory = (teamId: string): Ctx => createCtx({ actor: systemActor(teamId), db: database.db });
const NOW = 1_790_000_000;
const DAY = 86_400;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = await makePerson(database.db, await makeTeam(database.db, "risk"), "member");
});
afterAll(() => database.close());

let number = 0;
async function deployed() {
  number += 1;
  const deployment = await makeDeployment(database.db, owner, `watched-${number}`);
  const count = (
    ago: number,
    counts: {
      requests?: number;
      errors?: number;
      ms?: number;
      feedback?: number;
      correct?: number;
      score?: number;
    },
  ) => {
    const requests = counts.requests ?? 1_000;
    return database.db.insert(trafficSeconds).values({
      deploymentId: deployment.id,
      versionId: deployment.versionId,
      arm: "stable",
      second: NOW - ago,
      requests,
      errors: counts.errors ?? 0,
      feedback: counts.feedback ?? 0,
      correct: counts.correct ?? 0,
      scored: counts.score === undefined ? 0 : requests,
      scoreSum: (counts.score ?? 0) * requests,
      latencyBuckets: { [bucketOf(counts.ms ?? 5)]: requests },
    });
  };
  const look = async (kind: AlertKind, at = NOW) => {
    await watchHealth(database.db, new Date(at * 1000), factory);
    const [row] = await database.db
      .select()
      .from(alerts)
      .where(and(eq(alerts.subjectId, deployment.id), eq(alerts.kind, kind)));
    return row?.state;
  };
  return { deployment, count, look };
}

describe("a deployment is compared with its own week before", () => {
  it("by latency: more requests above its p99 than chance explains", async () => {
    const { count, look } = await deployed();
    await count(3 * DAY, { requests: 50_000 });
    await count(100, { requests: 970 });
    await count(90, { requests: 30, ms: 50 });
    expect(await look("latency")).toBeUndefined();
    await count(80, { requests: 150, ms: 50 });
    expect(await look("latency")).toBe("firing");
    expect(await look("latency", NOW + 3_600)).toBe("firing");
    await count(-3_700, { requests: 2_000 });
    expect(await look("latency", NOW + 3_800)).toBe("resolved");
  });

  it("by accuracy: when its interval lies below what it was", async () => {
    const { count, look } = await deployed();
    await count(3 * DAY, { feedback: 2_000, correct: 1_800 });
    await count(100, { feedback: 60, correct: 50 });
    expect(await look("accuracy")).toBeUndefined();
    await count(90, { feedback: 400, correct: 280 });
    expect(await look("accuracy")).toBe("firing");
  });

  it("by how sure it is", async () => {
    const { count, look } = await deployed();
    await count(3 * DAY, { requests: 20_000, score: 0.9 });
    await count(100, { requests: 2_000, score: 0.87 });
    expect(await look("confidence")).toBeUndefined();
    await count(90, { requests: 6_000, score: 0.7 });
    expect(await look("confidence")).toBe("firing");
  });

  it("by whether anybody asks it at all", async () => {
    const { deployment, count, look } = await deployed();
    await count(3_000, { requests: 59 });
    expect(await look("traffic")).toBeUndefined();
    await count(2_000, { requests: 1 });
    expect(await look("traffic")).toBe("firing");
    await count(-60, { requests: 1 });
    expect(await look("traffic", NOW + 120)).toBe("resolved");
    await database.db
      .update(deployments)
      .set({ retiredAt: new Date() })
      .where(eq(deployments.id, deployment.id));
    expect(await look("traffic", NOW + 7_200)).toBe("resolved");
  });
});

it("predictions that wait too long, or were set aside, raise an alert in the teams that have deployments", async () => {
  await deployed();
  const beat = (spoolOldestMs: number) => ({
    kind: "gateway",
    host: "h",
    pid: 1,
    version: "1",
    startedAt: new Date(),
    seenAt: new Date(),
    info: { spoolBytes: 10, spoolOldestMs, dropped: 0 },
  });
  const state = async () => {
    await watchRecording(database.db, factory);
    const [row] = await database.db.select().from(alerts).where(eq(alerts.kind, "recording"));
    return row;
  };
  await database.db.insert(processes).values({ id: "g1", ...beat(60_000) });
  expect(await state()).toBeUndefined();
  await database.db.update(processes).set(beat(400_000));
  expect(await state()).toMatchObject({
    state: "firing",
    body: "Predictions have waited for the database for 7 minutes.",
  });
  await database.db.update(processes).set(beat(0));
  expect(await state()).toMatchObject({ state: "resolved" });
});
