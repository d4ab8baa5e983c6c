import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jobs } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/testing";
import type { Actor } from "@/server/core/actor";
import { newId } from "@/server/core/ids";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { makePerson, makeTeam, prepareHome } from "./testing";

let database: TestDatabase;
let ada: Actor;
let bo: Actor;
beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
  ada = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Ada");
  bo = await makePerson(database.db, await makeTeam(database.db, newId("team")), "Bo");
});
afterAll(() => database.close());

const dispatched = (actor: Actor, input: Parameters<typeof dispatchJob.execute>[1]) =>
  dispatchJob.execute({ actor, db: database.db, requestId: "req_1" }, input);
const TEMPLATE = { template: { name: "diabetes-dataset" } };

async function ran(actor: Actor, state: string, seconds: number): Promise<void> {
  const { id } = await dispatched(actor, TEMPLATE);
  const startedAt = new Date(1_700_000_000_000);
  const finishedAt = new Date(startedAt.getTime() + seconds * 1_000);
  await database.db.update(jobs).set({ state, startedAt, finishedAt }).where(eq(jobs.id, id));
}

it("tells how long a job usually takes by those of its template and team that succeeded", async () => {
  const usual = async (id: string) =>
    (await getJob.execute({ actor: ada, db: database.db, requestId: "req_1" }, { id })).usual;
  const { id } = await dispatched(ada, TEMPLATE);
  expect(await usual(id)).toBeNull();
  for (const seconds of [30, 10, 500]) await ran(ada, "succeeded", seconds);
  await ran(ada, "failed", 1);
  await ran(bo, "succeeded", 2);
  expect(await usual(id)).toEqual({ medianMs: 30_000, jobs: 3 });
  const command = await dispatched(ada, {
    name: "A command",
    command: ["true"],
    resources: { cpuMilli: 100, memoryBytes: 128 * 1024 ** 2, gpuMilli: 0 },
  });
  expect(await usual(command.id)).toBeNull();
});
