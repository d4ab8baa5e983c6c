import { fork, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";

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
      deadLetters: expect.any(Number),
      jobIsolation: expect.stringMatching(/^(namespaces\+user|namespaces|user|none)$/),
    });
    worker.kill("SIGTERM");
    await waitFor(() => worker.exitCode !== null || worker.signalCode !== null, { timeoutMs: 20_000 });
    expect(worker.exitCode).toBe(0);
    expect(await rowsOf(worker.pid)).toEqual([]);
  },
);
