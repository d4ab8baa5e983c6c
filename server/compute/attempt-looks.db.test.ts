import { afterAll, beforeAll, expect, it } from "vitest";
import { openDb, type OpenDb } from "@/db/client";
import { jobs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { AttemptState } from "@/server/adapters/cluster";
import { sqlStatements } from "@/server/core/metrics";
import { AttemptLooks } from "./attempt-looks";
import { makePerson, makeTeam } from "./testing";

let database: TestDatabase;
let opened: OpenDb;
beforeAll(async () => {
  database = await createTestDatabase();
  opened = openDb(database.url, { max: 2 });
  const teamId = await makeTeam(database.db, "looks");
  const person = await makePerson(database.db, teamId, "Ada");
  for (const id of ["job_cancelled", "job_goes_on"])
    await database.db.insert(jobs).values({
      id,
      teamId,
      name: id,
      state: "running",
      reason: "Running",
      reasonText: "Cancelled by Ada",
      cpuMilli: 1000,
      memoryBytes: 1,
      spec: {},
      specDigest: "sha256:0",
      timeLimitSeconds: 60,
      createdBy: person.userId,
      cancelRequestedAt: id === "job_cancelled" ? new Date() : null,
    });
});
afterAll(async () => {
  await opened.close();
  await database.close();
});

const stateOf = (attemptId: string): AttemptState => ({
  attemptId,
  phase: "running",
  reason: null,
  exitCode: null,
  signal: null,
  submittedAt: "",
  startedAt: null,
  endedAt: null,
  peakRssBytes: 0,
  cpuSeconds: 0,
  environmentKey: null,
  isolation: null,
  outputs: [],
});
const statements = async () => (await sqlStatements.get()).values[0]?.value ?? 0;

it("asks the cluster once and the database once for all that wait, and tells each what is its own", async () => {
  const asked: (readonly string[])[] = [];
  const looks = new AttemptLooks(opened.db, async (ids) => {
    asked.push(ids);
    return new Map(ids.filter((id) => id !== "att_7").map((id) => [id, stateOf(id)]));
  });
  const before = await statements();
  const found = await Promise.all(
    Array.from({ length: 50 }, (_, number) =>
      looks.next(`att_${number}`, number === 3 ? "job_cancelled" : "job_goes_on"),
    ),
  );
  expect(asked.map((ids) => ids.length)).toEqual([50]);
  expect((await statements()) - before).toBe(1);
  expect(found[3]).toMatchObject({ state: { attemptId: "att_3" }, cancel: "Cancelled by Ada" });
  expect(found[4]).toEqual({ state: stateOf("att_4"), cancel: undefined });
  expect(found[7]?.state).toBeNull();

  const began = performance.now();
  await looks.next("att_1", "job_goes_on");
  expect(performance.now() - began).toBeGreaterThan(300);
});

it("tells everyone when a look fails, and goes on", async () => {
  let broken = true;
  const looks = new AttemptLooks(opened.db, async (ids) => {
    if (broken) throw new Error("the disk is away");
    return new Map(ids.map((id) => [id, stateOf(id)]));
  });
  const both = await Promise.allSettled([looks.next("att_1", "j"), looks.next("att_2", "j")]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  broken = false;
  expect((await looks.next("att_1", "j")).state?.attemptId).toBe("att_1");
});
