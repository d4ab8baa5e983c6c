import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { z } from "zod";
import { root, startInstallation, type Installation } from "../fixtures/installation";
import { waitUntil } from "../fixtures/wait";
import type { RetryingClient } from "./client";
import { withDatabase } from "./database";
import { Ledger } from "./ledger";
import { bringToProduction, DEPLOYMENT, MODEL } from "./line";
import { declareGpus, startLoad, type Surroundings } from "./load";
import { signIn, type People } from "./people";
import { openStarts, type Starts } from "./starts";
import { storeIsWhole } from "./verify";

const ledger = new Ledger();
const startedMs = Date.now();
const tell = (line: string) =>
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${line}`);
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-e2e-backup-"));
const password = randomBytes(12).toString("base64url");
const settings = { MODELWORKS_DEMO: "on", MODELWORKS_DEMO_PASSWORD: password };
let starts: Starts;
let running: Installation;
let restored: Installation | undefined;

test.beforeAll(async () => {
  starts = await openStarts();
  running = await startInstallation(settings);
});
test.afterAll(async () => {
  const info = test.info();
  for (const each of [running, restored]) {
    if (!each) continue;
    if (info.status !== info.expectedStatus)
      fs.copyFileSync(each.logFile, info.outputPath(`${path.basename(each.home)}.log`));
    if (fs.existsSync(each.home)) await each.stop();
  }
  starts.close();
  fs.rmSync(scratch, { recursive: true, force: true });
});

/** Runs one of the two commands as a person does. @returns what it said */
async function command(name: "backup" | "restore", folder: string, home: string): Promise<string> {
  const child = spawn("npm", ["run", "--silent", name, "--", folder], {
    cwd: root,
    env: { ...process.env, MODELWORKS_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  tell(`${name}: ${said.trim()}`);
  expect(code, said).toBe(0);
  return said;
}

const Verdict = z.looseObject({ ok: z.boolean() });
const Job = z.looseObject({ state: z.string(), reasonText: z.string() });
const Version = z.looseObject({ state: z.string(), id: z.string() });
const Named = z.looseObject({ id: z.string() });

/** A job that runs for as long as it is let. */
const longJob = (people: People) =>
  people.scientist.call(
    Named,
    "POST",
    "/api/v1/jobs",
    {
      name: "Runs during the backup",
      command: ["sh", "-c", "while true; do sleep 1; done"],
      resources: { cpuMilli: 100, memoryBytes: 64 * 1024 ** 2 },
      timeLimitSeconds: 600,
    },
    { key: "long" },
  );

const jobIs = (client: RetryingClient, id: string, state: string) =>
  waitUntil(
    `the job to be ${state}`,
    () => client.call(Job, "GET", `/api/v1/jobs/${id}`),
    (job) => job.state === state,
    { timeoutMs: 60_000 },
  );

test("a line that runs is backed up, and goes on elsewhere", async () => {
  const people = await signIn(running.portalUrl, password, ledger.writes);
  const around: Surroundings = {
    people,
    gatewayUrl: running.gatewayUrl,
    ledger,
    startsUrl: starts.url,
    random: Math.random,
  };
  const { experiment_id: experimentId } = await people.scientist.call(
    z.looseObject({ experiment_id: z.string() }),
    "POST",
    "/api/2.0/mlflow/experiments/create",
    { name: "backup" },
    { key: "experiment" },
  );
  await declareGpus(people.platform);
  await bringToProduction({ people, ledger, startsUrl: starts.url }, 1);
  const long = await longJob(people);
  await jobIs(people.scientist, long.id, "running");
  tell("version 1 serves, a job runs");
  const load = startLoad(around, experimentId);
  load.serve(DEPLOYMENT);
  await waitUntil(
    "some load",
    async () => Math.min(ledger.predictions.length, 10 * ledger.runs.length),
    (n) => n >= 20,
    {
      timeoutMs: 60_000,
    },
  );
  const known = {
    predictions: [...ledger.predictions],
    // The newest is being logged.
    runs: ledger.runs.slice(0, -1).map((run) => ({ id: run.id, points: run.points.length })),
    datasets: ledger.datasets.map(({ versionId }) => versionId),
  };
  const backup = path.join(scratch, "backup");
  await command("backup", backup, running.home);
  expect(ledger.predictions.length, "the line went on meanwhile").toBeGreaterThan(known.predictions.length);
  await load.stop();
  await running.stop();
  expect(fs.statSync(backup).mode & 0o777).toBe(0o700);

  const home = path.join(scratch, "a home with spaces");
  const said = await command("restore", backup, home);
  expect(said).toMatch(/ok\s+The audit chain holds: \d+ rows/);
  expect(said).toMatch(/ok\s+The transparency log and its checkpoint hold: \d+ entries/);
  expect(said).toMatch(/ok\s+Every blob holds: \d+ blobs/);
  restored = await startInstallation(settings, home);
  tell("started");
  const token = people.scientist.at(restored.portalUrl);
  await withDatabase(home, async (query) => {
    const missing = await waitUntil(
      "predictions that were answered before the backup",
      () =>
        query<{ id: string }>(
          "select id from unnest($1::text[]) as known(id) where not exists (select 1 from predictions p where p.id = known.id)",
          [known.predictions],
        ),
      (rows) => rows.length === 0,
      { timeoutMs: 30_000 },
    );
    expect(missing).toEqual([]);
    const points = await query<{ id: string; points: number }>(
      "select s.run_id as id, count(*)::int as points from metric_series s join run_metrics m on m.series_id = s.id where s.run_id = any($1) group by 1",
      [known.runs.map(({ id }) => id)],
    );
    expect(new Map(points.map(({ id, points: n }) => [id, n]))).toEqual(
      new Map(known.runs.map(({ id, points: n }) => [id, n])),
    );
    const versions = await query<{ id: string }>("select id from dataset_versions where id = any($1)", [
      known.datasets,
    ]);
    expect(versions).toHaveLength(known.datasets.length);
    await storeIsWhole(query, home);
    const attestations = await query<{ id: string }>("select id from attestations");
    expect(attestations.length).toBeGreaterThan(0);
    for (const { id } of attestations)
      expect(await token.call(Verdict, "GET", `/api/v1/attestations/${id}/verify`), id).toMatchObject({
        ok: true,
      });
  });
  // Old tokens and sessions count: secrets came along.
  expect(await token.call(Version, "GET", `/api/v1/models/${MODEL}/versions/1`)).toMatchObject({
    state: "ready",
  });
  const lost = await jobIs(token, long.id, "failed");
  expect(lost.reasonText).toContain("when the backup of");
  const answered = await waitUntil(
    "a prediction",
    () =>
      token
        .at(restored?.gatewayUrl ?? "")
        .call(
          z.looseObject({ outputs: z.unknown() }),
          "POST",
          `/v2/models/${DEPLOYMENT}/infer`,
          { inputs: [{ name: "features", shape: [1, 3], datatype: "FP32", data: [40, 25, 100] }] },
          { accept: [404] },
        ),
    ({ outputs }) => outputs !== undefined,
    { timeoutMs: 60_000 },
  );
  expect(answered.outputs).toBeTruthy();
  const job = await token.call(
    Named,
    "POST",
    "/api/v1/jobs",
    { name: "After", command: ["true"], resources: { cpuMilli: 100, memoryBytes: 64 * 1024 ** 2 } },
    { key: "after" },
  );
  await jobIs(token, job.id, "succeeded");
  await withDatabase(home, async (query) => {
    await waitUntil(
      "the workflows that were under way",
      () =>
        query<{ n: number }>(
          "select count(*)::int as n from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')",
        ),
      (rows) => rows[0]?.n === 0,
      { timeoutMs: 60_000 },
    );
  });
  tell("everything is there");
});
