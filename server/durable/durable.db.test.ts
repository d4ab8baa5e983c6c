import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { lineageEdges } from "@/db/schema";
import { createTestDatabase, waitFor } from "@/db/testing";
import { systemActor } from "@/server/core/actor";
import { listWorkflows, listWorkflowSteps } from "./queries";

type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

/** Real processes that start, die and start again: on a busy machine that takes its time. */
const PATIENT = { timeout: 120_000 };

let database: TestDatabase;
const children: ChildProcess[] = [];
const folder = mkdtempSync(path.join(tmpdir(), "mw-durable-"));

beforeAll(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.splice(0).map(dead));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const traceOf = (id: string) => path.join(folder, `${id}.trace`);
const read = (id: string) =>
  existsSync(traceOf(id)) ? readFileSync(traceOf(id), "utf8").trim().split("\n") : [];

function worker(id: string, command: string, killAt = ""): ChildProcess {
  const child = fork(path.join(import.meta.dirname, "testing-worker.ts"), [folder, command, id], {
    execArgv: ["--import", "tsx"],
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      KILL_AT: killAt,
      LOG_LEVEL: "error",
    },
  });
  children.push(child);
  return child;
}

const dead = (child: ChildProcess) =>
  waitFor(() => child.exitCode !== null || child.signalCode !== null, {
    timeoutMs: 60_000,
    what: "the kill",
  });
const seen = (id: string, line: string) =>
  waitFor(() => read(id).includes(line), { timeoutMs: 90_000, what: `"${line}" in ${id}` });
const effects = (id: string) => database.db.select().from(lineageEdges).where(eq(lineageEdges.toId, id));
async function statusOf(id: string): Promise<string | undefined> {
  const { rows } = await database.db.execute<{ status: string }>(
    sql`select status from dbos.workflow_status where workflow_uuid = ${id}`,
  );
  return rows[0]?.status;
}

async function hasStep(id: string, name: string): Promise<boolean> {
  const found = await database.db.execute(
    sql`select 1 from dbos.operation_outputs where workflow_uuid = ${id} and function_name = ${name}`,
  );
  return found.rows.length > 0;
}

describe("a workflow whose worker is killed with -9", () => {
  it(
    "goes on in another worker at the step it was in, and waits for people across the failover",
    PATIENT,
    async () => {
      const id = "wf-step";
      const first = worker(id, "start", "two");
      await dead(first);
      const second = worker(id, "none");
      await seen(id, "effect");
      second.kill("SIGKILL");
      await dead(second);
      worker(id, "answer");
      await seen(id, "end");
      const lines = read(id);
      expect(lines.filter((line) => line === "one")).toHaveLength(1);
      expect(lines.filter((line) => line === "two")).toHaveLength(2);
      expect(lines).toContain("answer yes");
      expect(await effects(id)).toHaveLength(1);
    },
  );

  it("does an exactly-once effect once, although it dies right after the commit", PATIENT, async () => {
    const id = "wf-effect";
    await dead(worker(id, "start", "after-effect"));
    worker(id, "answer");
    await seen(id, "end");
    expect(await effects(id)).toHaveLength(1);
  });

  it("sleeps only the rest of its sleep in the next worker", PATIENT, async () => {
    const id = "wf-sleep";
    const stampsOf = (word: string) =>
      read(id)
        .filter((line) => line.startsWith(word))
        .map((line) => Number(line.split(" ")[1]));
    const first = worker(id, "test.sleep");
    await waitFor(() => hasStep(id, "DBOS.sleep"), { timeoutMs: 60_000, what: "the recorded sleep" });
    first.kill("SIGKILL");
    await dead(first);
    worker(id, "none");
    await waitFor(() => stampsOf("woke").length === 1, { timeoutMs: 60_000 });
    const [began = 0, resumed = 0] = stampsOf("begin");
    const [woke = 0] = stampsOf("woke");
    expect(woke - began).toBeGreaterThanOrEqual(5_900);
    expect(resumed - began).toBeGreaterThan(500);
    expect(woke - Math.max(resumed, began)).toBeLessThan(5_600);
  });
});

describe("a worker that hangs", () => {
  it("loses its workflows to another one after ten silent seconds", PATIENT, async () => {
    const id = "wf-silent";
    const first = worker(id, "start");
    // Not inside the transaction of its effect: that one the server ends, two minutes later.
    await waitFor(() => hasStep(id, "after-effect"), { timeoutMs: 60_000, what: "the wait for an answer" });
    first.kill("SIGSTOP");
    const stoppedAt = performance.now();
    worker(id, "answer");
    await seen(id, "end");
    expect(performance.now() - stoppedAt).toBeGreaterThan(8_000);
    expect(await effects(id)).toHaveLength(1);
  });
});

describe("a connection that breaks outside a step", () => {
  it("sends the workflow back to its last step, with the signals that wait for it", PATIENT, async () => {
    const id = "wf-broken";
    const only = worker(id, "test.broken");
    await seen(id, "one");
    only.send(id);
    await seen(id, "end");
    expect(read(id).filter((line) => line === "one")).toHaveLength(1);
    expect(read(id)).toContain("broke");
    expect(read(id)).toContain("answer yes");
    await waitFor(async () => (await statusOf(id)) === "SUCCESS", { what: "SUCCESS" });

    const caller = { actor: systemActor("team_test"), db: database.db };
    const { items } = await listWorkflows.execute(caller, { name: "test.broken" });
    expect(items).toEqual([expect.objectContaining({ id, status: "SUCCESS" })]);
    const steps = await listWorkflowSteps.execute(caller, { id });
    expect(steps[0]).toMatchObject({ name: "one", failed: false, startedAt: expect.any(Date) });
    await expect(listWorkflowSteps.execute(caller, { id: "none" })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
