import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDb, type OpenDb } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { lineageEdges } from "@/db/schema";
import { waitFor } from "@/db/testing";
import { startPostgres, type RunningPostgres } from "@/server/launcher/postgres";

const ROUNDS = 40;
const home = mkdtempSync(path.join(tmpdir(), "mw-outage-"));
let postgres: RunningPostgres;
let opened: OpenDb;
let worker: ChildProcess | undefined;

beforeAll(async () => {
  postgres = await startPostgres({ home });
  await migrateDatabase(postgres.ownerUrl);
  opened = openDb(postgres.appUrl, { name: "test" });
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  await opened.close();
  await postgres.stop();
  rmSync(home, { recursive: true, force: true });
});

const linesOf = (id: string) => {
  const file = path.join(home, `${id}.trace`);
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
};
const reached = (id: string, line: string) =>
  waitFor(
    () => {
      const ended = worker?.exitCode ?? worker?.signalCode;
      return ended !== null ? `the worker ended with ${ended}` : linesOf(id).includes(line);
    },
    { timeoutMs: 60_000, what: `"${line}" in ${id}` },
  ).then((answer) => expect(answer).toBe(true));

async function killDatabase(): Promise<void> {
  process.kill(postgres.pid, "SIGKILL");
  await postgres.onExit;
  postgres = await startPostgres({ home, keepPort: true });
}

it(
  "goes through Postgres being killed with -9 in the middle of a workflow, in the same worker, each effect once",
  { timeout: 240_000 },
  async () => {
    const id = "wf-outage";
    worker = fork(path.join(import.meta.dirname, "testing-worker.ts"), [home, "test.outage", id], {
      execArgv: ["--import", "tsx"],
      env: { ...process.env, DATABASE_URL: postgres.appUrl, LOG_LEVEL: "silent" },
    });
    for (const moment of ["round 4", "round 13", "inside 20", "round 27"]) {
      await reached(id, moment);
      await killDatabase();
    }
    await reached(id, "end");
    const status = await waitFor(async () => {
      const { rows } = await opened.db.execute<{ status: string }>(
        sql`select status from dbos.workflow_status where workflow_uuid = ${id}`,
      );
      return rows[0]?.status === "PENDING" ? undefined : rows[0]?.status;
    });
    expect(status).toBe("SUCCESS");
    expect(worker.exitCode ?? worker.signalCode).toBeNull();
    const edges = await opened.db.select().from(lineageEdges).where(eq(lineageEdges.toId, id));
    const rounds = edges.map((edge) => Number(edge.fromId.split("-")[0])).sort((a, b) => a - b);
    expect(rounds).toEqual(Array.from({ length: ROUNDS }, (_, round) => round));
  },
);
