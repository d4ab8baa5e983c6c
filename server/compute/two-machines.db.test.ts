import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jobAttempts, jobs, processes } from "@/db/schema";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { createLocalCluster } from "@/server/adapters/cluster";
import type { Actor } from "@/server/core/actor";
import { cancelJob } from "./cancel-job";
import { dispatchJob } from "./dispatch-job";
import { endCancelledOfAbsent } from "./end-absent";
import { getJob } from "./get-job";
import { killNow, makePerson, makeTeam, prepareHome, startWorker } from "./testing";

/** Two machines on one database: homes of their own, each with its worker. `MODELWORKS_ROUNDS=20` plays more rounds. */

const ROUNDS = Number(process.env.MODELWORKS_ROUNDS ?? 2);
const SMALL = { cpuMilli: 100, memoryBytes: 256 * 1024 ** 2, gpuMilli: 0 };

let database: TestDatabase;
let scientist: Actor;
const homes: string[] = [];
const workers: (ChildProcess | undefined)[] = [];

async function start(at: number): Promise<void> {
  process.env.MODELWORKS_HOME = homes[at];
  workers[at] = await startWorker();
}
async function kill(at: number): Promise<void> {
  const worker = workers[at];
  workers[at] = undefined;
  if (worker) await killNow(worker);
}

beforeAll(async () => {
  database = await createTestDatabase();
  homes.push(prepareHome(database.url), mkdtempSync(path.join(os.tmpdir(), "mw-second-")));
  process.env.OBJECT_STORE_URL = pathToFileURL(mkdtempSync(path.join(os.tmpdir(), "mw-shared-"))).href;
  scientist = await makePerson(database.db, await makeTeam(database.db, "risk"), "Ada");
});
afterAll(async () => {
  for (const at of workers.keys()) await kill(at);
  await database?.close();
});

const as = {
  get actor() {
    return scientist;
  },
  get db() {
    return database.db;
  },
};
const look = (id: string) => getJob.execute(as, { id });
const attemptsOf = (id: string) => database.db.select().from(jobAttempts).where(eq(jobAttempts.jobId, id));

/** A job that says that it began, and goes on when its gate is opened. */
async function dispatch(): Promise<string> {
  const { id } = await dispatchJob.execute(as, {
    name: "Once",
    command: [
      "sh",
      "-c",
      'echo began; while [ ! -e gate ]; do sleep 0.05; done; echo done > "$MODELWORKS_OUTPUTS/done"',
    ],
    resources: SMALL,
    maxAttempts: 2,
  });
  return id;
}

/** The folder of an attempt, with the machine that has it. */
function folderOf(attemptId: string): { at: number; folder: string } | undefined {
  for (const [at, home] of homes.entries()) {
    const folder = path.join(home, "jobs", "attempts", attemptId);
    if (existsSync(folder)) return { at, folder };
  }
  return undefined;
}

const running = (id: string) =>
  waitFor(
    async () => {
      const job = await look(id);
      const [attempt] = job.attempts;
      const found = attempt && folderOf(attempt.id);
      return job.state === "running" && found && existsSync(path.join(found.folder, "work"))
        ? found
        : undefined;
    },
    { timeoutMs: 60_000, what: "a running job" },
  );

/** How often a job's program began, on both machines. */
const begins = async (id: string) => {
  let count = 0;
  for (const { id: attemptId } of await attemptsOf(id))
    for (const home of homes) {
      const log = path.join(home, "jobs", "attempts", attemptId, "log");
      if (existsSync(log)) count += (readFileSync(log, "utf8").match(/ o began$/gm) ?? []).length;
    }
  return count;
};

const succeeded = (id: string) =>
  waitFor(
    async () => {
      const job = await look(id);
      if (job.state === "failed") throw new Error(job.reasonText);
      return job.state === "succeeded" ? job : undefined;
    },
    { timeoutMs: 60_000, what: "the job's end" },
  );

/** Another worker has taken over what a dead one did; then it is too late to be wrong. */
const takenOver = (dead: number | undefined) =>
  waitFor(
    async () => {
      const { rows } = await database.db.execute<{ pending: number }>(
        sql`select count(*)::int as pending from dbos.workflow_status s where status = 'PENDING'
          and not exists (select 1 from processes p where p.id = s.executor_id and p.pid <> ${dead ?? 0})`,
      );
      return rows[0]?.pending === 0;
    },
    { timeoutMs: 60_000, what: "the workflows of the dead worker to be taken over" },
  );

it(
  "an attempt belongs to the machine that began it, whichever worker dies or comes again",
  async () => {
    await start(0);
    await start(1);
    for (let round = 0; round < ROUNDS; round += 1) {
      const ids = await Promise.all([dispatch(), dispatch(), dispatch()]);
      const places = await Promise.all(ids.map(running));
      const victim = places[round % places.length]?.at ?? 0;
      const dead = workers[victim]?.pid;
      await kill(victim);
      // Either it stays away until the other has taken its workflows, or it comes again at once.
      if (round % 2 === 0) await takenOver(dead);
      await start(victim);
      if (round % 2 === 1) await takenOver(dead);
      for (const { folder } of places) writeFileSync(path.join(folder, "work", "gate"), "");
      for (const id of ids) {
        const job = await succeeded(id);
        expect(
          job.attempts.map(({ state }) => state),
          `round ${round}`,
        ).toEqual(["succeeded"]);
        expect(await begins(id), `round ${round}`).toBe(1);
      }
    }
  },
  60_000 + ROUNDS * 60_000,
);

it("what a person cancels of a machine that is away is ended, and nothing else is", async () => {
  const [kept, dropped] = await Promise.all([dispatch(), dispatch()]);
  const places = await Promise.all([running(kept), running(dropped)]);
  for (const at of workers.keys()) await kill(at);
  await cancelJob.execute(as, { id: dropped, reason: "" });
  await database.db.delete(processes);
  await database.db
    .update(jobs)
    .set({ cancelRequestedAt: new Date(Date.now() - 3_600_000) })
    .where(eq(jobs.id, dropped));
  expect(await endCancelledOfAbsent(database.db)).toBe(1);
  expect(await look(dropped)).toMatchObject({
    state: "cancelled",
    reasonText: expect.stringContaining("not heard of"),
  });
  expect((await look(kept)).state).toBe("running");
  for (const at of new Set(places.map((place) => place.at))) await start(at);
  writeFileSync(path.join(places[0].folder, "work", "gate"), "");
  expect((await succeeded(kept)).attempts).toHaveLength(1);
  const root = path.join(homes[places[1].at] ?? "", "jobs");
  const { endedOrphans } = await createLocalCluster({ root, orphanGraceMs: 0 }).reconcile([]);
  expect(endedOrphans.map(({ phase }) => phase)).toEqual(["cancelled"]);
}, 180_000);
