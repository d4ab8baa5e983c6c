import { createHash, randomBytes, randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { eq, sql } from "drizzle-orm";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDb } from "@/db/client";
import { blobs, jobAttempts, jobs, predictions } from "@/db/schema";
import {
  createEmptyDatabase,
  createTestDatabase,
  restoreState,
  stateNames,
  type TestDatabase,
} from "@/db/testing";
import { createObjectStore } from "@/server/adapters/object-store";
import { dispatchJob } from "@/server/compute";
import { makePerson, makeTeam } from "@/server/compute/testing";
import { migrateEngine } from "@/server/durable/engine-schema";
import { createExperiment, createRun, logBatch } from "@/server/experiments";
import { attest } from "@/server/governance";
import { createWorld, type World } from "@/server/governance/testing";
import { PREDICATE_TYPES } from "@/server/governance/trust";
import { quoted, tablesOf } from "./catalog";
import { copyOut } from "./copy-stream";
import { blobFile, readManifest, writeManifest, type Manifest } from "./manifest";
import { restoreBackup } from "./restore-backup";
import { takeBackup } from "./take-backup";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "mw-backup-"));
const folder = () => path.join(scratch, randomUUID());
const storeIn = (home: string) => createObjectStore({ url: undefined, home });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const told: string[] = [];
const tell = (line: string) => void told.push(line);

afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** What a restore changes on purpose: who runs, which attempts ended, and what was told of it. */
const CHANGED = new Set([
  "processes",
  "tick_leases",
  "jobs",
  "job_attempts",
  "audit_log",
  "outbox_events",
  "outbox_queue",
  "run_metrics",
  "run_latest_metrics",
]);

/** Every table's rows, as the database itself writes them, sorted. */
async function rowsOf(ownerUrl: string): Promise<Map<string, string>> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  const found = new Map<string, string>();
  try {
    await client.query("set timezone = 'UTC'");
    for (const table of await tablesOf(client)) {
      if (CHANGED.has(table.name)) continue;
      const stream = copyOut(
        client,
        `copy (select tableoid::regclass, t.* from ${quoted(client, table)} t) to stdout`,
      );
      const text = (await stream.toArray()).map(String).join("");
      found.set(`${table.schema}.${table.name}`, text.split("\n").toSorted().join("\n"));
    }
    return found;
  } finally {
    await client.end();
  }
}

const ODD = 'tab\tline\nback\\slash \\N "quoted" 🦆 ü';

async function addPredictions(world: World): Promise<void> {
  const day = 86_400_000;
  const times = [-40 * day, -day, 0, 8 * day, 400 * day].map((ms) => new Date(Date.now() + ms));
  await world.db.execute(sql`select modelworks_add_prediction_weeks(now(), 3)`);
  await world.db.insert(predictions).values(
    times.map((at, index) => ({
      id: `prediction-${index}`,
      teamId: world.teamId,
      deploymentId: "dep_1",
      versionId: "ver_1",
      arm: "stable",
      routeDigest: "digest",
      at,
      latencyMs: 0.1 + 0.2,
      status: 200,
      // JSON's own null is not the database's.
      outputs: index === 0 ? sql`'null'::jsonb` : null,
      inputs: { text: ODD },
      predicted: ODD,
    })),
  );
}

/** A job whose attempt runs on a machine that the restored installation does not have. */
async function runningElsewhere(world: World, maxAttempts: number): Promise<string> {
  const scientist = await world.person("member");
  const { id } = await dispatchJob.execute(scientist.caller, {
    name: `With ${maxAttempts}`,
    command: ["true"],
    resources: { cpuMilli: 100, memoryBytes: 64 * 1024 ** 2, gpuMilli: 0 },
    maxAttempts,
  });
  await world.db.insert(jobAttempts).values({
    id: `att_${id}`,
    jobId: id,
    number: 1,
    state: "running",
    place: "elsewhere",
    startedAt: new Date(),
  });
  await world.db
    .update(jobs)
    .set({ state: "running", reason: "Running", attemptCount: 1 })
    .where(eq(jobs.id, id));
  return id;
}

const proof = {
  subject: {
    kind: "thing",
    id: "one",
    digest: `sha256:${randomBytes(32).toString("hex")}`,
    name: "one",
  },
  predicateType: PREDICATE_TYPES.verificationSummary,
  predicate: {
    verifier: { id: "https://modelworks.dev/portal" },
    timeVerified: "2026-01-02T03:04:05Z",
    resourceUri: "modelworks:thing/one",
    policy: { uri: "modelworks:policy/contract" },
    verificationResult: "PASSED" as const,
    verifiedLevels: [],
  },
  label: "summary",
  result: "PASSED",
  dedupKey: "one",
};

describe("an installation", () => {
  let world: World;
  let home: string;
  let target: TestDatabase;
  beforeAll(async () => {
    world = await createWorld();
    target = await createEmptyDatabase();
    home = folder();
    fs.mkdirSync(path.join(home, "keys"), { recursive: true });
    fs.mkdirSync(path.join(home, "spool"));
    fs.writeFileSync(path.join(home, "auth-secret"), "a secret\n");
    fs.writeFileSync(path.join(home, "keys", "log-ed25519.pem"), "a key\n");
    fs.writeFileSync(path.join(home, "keys", "log-ed25519.pem.7f.tmp"), "half a key\n");
    fs.writeFileSync(path.join(home, "spool", "000000000001.log"), "a prediction");
    await migrateEngine(world.ownerUrl, world.url);
    await addPredictions(world);
    await attest(world.system(), proof);
  });
  afterAll(async () => {
    await target.close();
    await world.close();
  });

  it("is backed up while others write, and is the same when it is restored", async () => {
    const scientist = await world.person("member");
    const store = storeIn(home);
    for (const text of ["one", "two", ""])
      await world.db.insert(blobs).values(await store.put(Readable.from([Buffer.from(text)])));
    const once = await runningElsewhere(world, 1);
    const twice = await runningElsewhere(world, 2);
    const { id } = await createExperiment.execute(scientist.caller, { name: ODD });
    const experimentId = String(id);
    const acknowledged: string[] = [];
    const newRun = async () => {
      const run = await createRun.execute(scientist.caller, { experimentId, startMs: Date.now() });
      acknowledged.push(run.id);
      return run.id;
    };
    const runId = await newRun();
    const metrics = ["NaN", 1e308, 0.1 + 0.2].map((value, step) => ({
      key: "loss",
      value,
      step,
      timestamp: Date.now(),
    }));
    await logBatch.execute(scientist.caller, { runId, metrics, params: [], tags: [] });
    let writing = true;
    const writer = (async () => {
      while (writing) await newRun();
    })();
    const before = [...acknowledged];
    const backup = folder();
    await takeBackup({ ownerUrl: world.ownerUrl, appUrl: world.url, home, store }, backup);
    writing = false;
    await writer;
    const restored = folder();
    const { findings, lostAttempts } = await restoreBackup(
      backup,
      {
        home: restored,
        external: { ownerUrl: target.ownerUrl, appUrl: target.url },
        store: storeIn(restored),
      },
      tell,
    );
    expect(findings.map(({ ok, text }) => `${String(ok)} ${text.split(":")[0] ?? ""}`)).toEqual([
      "true The audit chain holds",
      "true The transparency log and its checkpoint hold",
      "true Every blob holds",
    ]);
    expect(findings[2]?.text).toContain("3 blobs");
    // Runs are written with their audit rows: one moment has both or neither.
    const { rows } = await target.db.execute<{ runs: number; told: number }>(
      sql`select (select count(*)::int from runs) as runs, (select count(*)::int from audit_log where action = 'experiments.run.create') as told`,
    );
    expect(rows[0]?.told).toBe(rows[0]?.runs);
    expect(rows[0]?.runs).toBeLessThan(acknowledged.length);
    const kept = await target.db.execute<{ id: string }>(sql`select id from runs`);
    const ids = new Set(kept.rows.map(({ id }) => id));
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    const points = await target.db.execute(sql`select value::text from run_metrics order by step`);
    expect(points.rows.map(({ value }) => value)).toEqual(["NaN", "1e+308", "0.30000000000000004"]);
    expect(lostAttempts).toBe(2);
    const [ended, again] = await Promise.all(
      [once, twice].map((id) => target.db.select().from(jobs).where(eq(jobs.id, id))),
    );
    expect(ended?.[0]).toMatchObject({
      state: "failed",
      reason: "Lost",
      reasonText: expect.stringContaining("backup of 20"),
    });
    expect(again?.[0]).toMatchObject({ state: "queued", reason: "RetryBackoff" });
    expect(fs.readFileSync(path.join(restored, "keys", "log-ed25519.pem"), "utf8")).toBe("a key\n");
    expect(fs.statSync(path.join(restored, "keys", "log-ed25519.pem")).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(restored).toSorted()).toEqual(["auth-secret", "keys", "objects", "run", "spool"]);
    expect(fs.readdirSync(path.join(restored, "keys"))).toEqual(["log-ed25519.pem"]);
  });

  it("has every row where it was, and numbers on after the last", async () => {
    const [here, there] = [await createEmptyDatabase(), await createEmptyDatabase()];
    try {
      const first = folder();
      const source = { ownerUrl: world.ownerUrl, appUrl: world.url, home, store: storeIn(home) };
      await takeBackup(source, first);
      const [one, two] = [folder(), folder()];
      await restoreBackup(first, { home: one, external: addressesOf(here), store: storeIn(one) }, tell);
      expect(await rowsOf(here.ownerUrl)).toEqual(await rowsOf(world.ownerUrl));
      // A restored one is an installation like any other.
      const second = folder();
      await takeBackup({ ...addressesOf(here), home: one, store: storeIn(one) }, second);
      await restoreBackup(second, { home: two, external: addressesOf(there), store: storeIn(two) }, tell);
      expect(await rowsOf(there.ownerUrl)).toEqual(await rowsOf(world.ownerUrl));
      const opened = openDb(there.url);
      const scientist = await world.person("member");
      await createExperiment.execute({ actor: scientist.actor, db: opened.db }, { name: "After" });
      await opened.close();
      expect(readManifest(second).partitions).toEqual(readManifest(first).partitions);
    } finally {
      await here.close();
      await there.close();
    }
  });
});

/** Alters a backup as somebody would who knows how it is made: every digest fits. */
function forge(backup: string, name: string, bytes: Buffer, change: (manifest: Manifest) => Manifest): void {
  fs.mkdirSync(path.dirname(path.join(backup, name)), { recursive: true });
  fs.writeFileSync(path.join(backup, name), bytes);
  const manifest = readManifest(backup);
  const entry = { path: name, sha256: sha256(bytes), sizeBytes: bytes.length };
  const files = [...manifest.files.filter((file) => file.path !== name), entry];
  writeManifest(backup, change({ ...manifest, files }));
}

describe("a backup that was altered by somebody who knows how", () => {
  let world: TestDatabase;
  let original: string;
  let digest: string;
  beforeAll(async () => {
    world = await createTestDatabase();
    await makePerson(world.db, await makeTeam(world.db, "risk"), "Ada");
    const home = folder();
    fs.mkdirSync(home);
    const stored = await storeIn(home).put(Readable.from([Buffer.from("a blob")]));
    digest = stored.digest;
    await world.db.insert(blobs).values(stored);
    original = folder();
    await takeBackup({ ...addressesOf(world), home, store: storeIn(home) }, original);
  });
  afterAll(() => world.close());

  /** Restores a changed copy; it must be refused and leave nothing. */
  async function refused(alter: (backup: string) => void): Promise<string> {
    const backup = folder();
    fs.cpSync(original, backup, { recursive: true });
    alter(backup);
    const target = await createEmptyDatabase();
    const home = folder();
    try {
      const goal = { home, external: addressesOf(target), store: storeIn(home) };
      const problem = await restoreBackup(backup, goal, tell).then(() => "restored", String);
      expect(fs.readdirSync(home), "left in the home").toEqual([]);
      const { rows } = await target.db.execute<{ there: string | null }>(
        sql`select to_regclass('public.teams')::text as there`,
      );
      if (rows[0]?.there)
        expect((await target.db.execute(sql`select 1 from teams`)).rows, "left in the database").toEqual([]);
      return problem;
    } finally {
      await target.close();
    }
  }
  const teams = "database/public.teams.copy.gz";

  it("is refused when a blob is another, or a link to what others may not read", async () => {
    const file = blobFile(digest);
    expect(await refused((backup) => fs.writeFileSync(path.join(backup, file), "b blob"))).toMatch(
      `${file} has other bytes`,
    );
    expect(await refused((backup) => fs.rmSync(path.join(backup, file)))).toMatch(`${file} is missing`);
    const link = (backup: string) => {
      fs.rmSync(path.join(backup, file));
      fs.symlinkSync("/etc/shadow", path.join(backup, file));
    };
    expect(await refused(link)).toMatch(`${file} is a link`);
    const list = Buffer.from("sha256:../../../../etc/shadow 6\n");
    expect(await refused((backup) => forge(backup, "objects.txt", list, (manifest) => manifest))).toMatch(
      /names no blob/,
    );
  });

  it("is refused when rows are more than it says, do not fit together, or are none", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, "x"));
    expect(await refused((backup) => forge(backup, teams, bomb, (manifest) => manifest))).toMatch(
      /holds more than it says/,
    );
    const none = (manifest: Manifest) => ({
      ...manifest,
      tables: manifest.tables.map((table) => (table.name === "teams" ? { ...table, rows: 0 } : table)),
    });
    expect(await refused((backup) => forge(backup, teams, gzipSync(""), none))).toMatch(
      /violates foreign key/,
    );
    expect(await refused((backup) => forge(backup, teams, gzipSync("one\ttwo\n"), none))).toMatch(
      /missing data for column/,
    );
  });

  it("brings nothing into the home but what is a home's", async () => {
    const backup = folder();
    fs.cpSync(original, backup, { recursive: true });
    for (const name of ["run/portal.json", "pg/access.json", "jobs/place.json", "keys/deep/a.pem"])
      forge(backup, name, Buffer.from("{}"), (manifest) => manifest);
    const target = await createEmptyDatabase();
    const home = folder();
    const { findings } = await restoreBackup(
      backup,
      { home, external: addressesOf(target), store: storeIn(home) },
      tell,
    );
    expect(findings.every(({ ok }) => ok)).toBe(true);
    expect(fs.readdirSync(home, { recursive: true }).map(String).toSorted()).toEqual(
      [
        "objects",
        "objects/sha256",
        path.dirname(blobFile(digest)),
        blobFile(digest),
        "objects/tmp",
        "run",
      ].toSorted(),
    );
    await target.close();
  });
});

const addressesOf = ({ ownerUrl, url }: TestDatabase) => ({ ownerUrl, appUrl: url });

describe.each(stateNames())("a backup of %s, an earlier release", (state) => {
  it("is restored, and brought up to this one", async () => {
    const [old, fresh] = [await createEmptyDatabase(), await createEmptyDatabase()];
    try {
      const counts = await restoreState(old.ownerUrl, state);
      const home = folder();
      fs.mkdirSync(home);
      const backup = folder();
      const manifest = await takeBackup(
        { ownerUrl: old.ownerUrl, appUrl: old.ownerUrl, home, store: storeIn(home) },
        backup,
      );
      // The state has rows alone.
      expect(manifest.blobs.lacking).toHaveLength(counts.get("blobs") ?? 0);
      const restored = folder();
      const { findings } = await restoreBackup(
        backup,
        { home: restored, external: addressesOf(fresh), store: storeIn(restored) },
        tell,
      );
      expect(findings[0]).toMatchObject({ ok: true });
      expect(findings[2]).toMatchObject({ ok: false, text: expect.stringContaining("is missing") });
      const { rows } = await fresh.db.execute<{ n: number }>(sql`select count(*)::int as n from setbacks`);
      expect(rows).toHaveLength(1);
    } finally {
      await old.close();
      await fresh.close();
    }
  });
});
