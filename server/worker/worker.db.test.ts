import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import { createCtx } from "@/server/core/context";

const home = mkdtempSync(path.join(tmpdir(), "mw-worker-"));
let database: TestDatabase;
let child: ChildProcess | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  child?.kill("SIGKILL");
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

const rowsOf = async (pid: number | undefined) =>
  (
    await database.db.execute<{ info: Record<string, unknown> }>(
      sql`select info from processes where kind = 'worker' and pid = ${pid}`,
    )
  ).rows;

it(
  "loads every domain's jobs, says that it is ready, and leaves in order on SIGTERM",
  { timeout: 120_000 },
  async () => {
    const worker = fork(path.join(import.meta.dirname, "../worker.ts"), [], {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, DATABASE_URL: database.url, MODELWORKS_HOME: home, LOG_LEVEL: "error" },
    });
    child = worker;
    let isReady = false;
    worker.on("message", (message) => {
      isReady ||= message === "ready";
    });
    await waitFor(() => isReady || worker.exitCode !== null, { timeoutMs: 90_000, what: "ready" });
    expect(worker.exitCode).toBeNull();
    const info = await waitFor(
      async () => {
        const [row] = await rowsOf(worker.pid);
        return row && "jobIsolation" in row.info ? row.info : undefined;
      },
      { what: "how far jobs are isolated" },
    );
    expect(info).toEqual({
      inFlight: expect.any(Number),
      place: expect.any(String),
      deadLetters: expect.any(Number),
      jobIsolation: expect.stringMatching(/^(namespaces\+user|namespaces|user|none)$/),
    });
    const valid = async () =>
      (
        await database.db.execute<{ name: string }>(sql`
          select l.name from tick_leases l join processes p on p.id = l.holder
          where l.expires_at > now() and p.pid = ${worker.pid} order by 1`)
      ).rows.map((row) => row.name);
    expect(await waitFor(async () => ((await valid()).length > 15 ? valid() : undefined))).toContain(
      "serving.advance-rollouts",
    );
    await audit(createCtx({ actor: systemActor("team_w"), db: database.db }), {
      action: "test.do",
      subject: { kind: "test", id: "1" },
    });
    const unsealed = sql`select 1 from audit_log where seq is null`;
    await waitFor(async () => (await database.db.execute(unsealed)).rows.length === 0, {
      what: "the audit row's place in the chain",
    });
    worker.kill("SIGTERM");
    await waitFor(() => worker.exitCode !== null || worker.signalCode !== null, { timeoutMs: 20_000 });
    expect(worker.exitCode).toBe(0);
    expect(await rowsOf(worker.pid)).toEqual([]);
    const held = await database.db.execute(sql`select 1 from tick_leases where expires_at > now()`);
    expect(held.rows).toEqual([]);
  },
);
