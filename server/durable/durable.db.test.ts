import { fork, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lineageEdges } from "@/db/schema";
import { createTestDatabase, waitFor } from "@/db/testing";

type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

let database: TestDatabase;
const children: ChildProcess[] = [];
const folder = mkdtempSync(path.join(tmpdir(), "mw-durable-"));

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await database.close();
});

const traceOf = (id: string) => path.join(folder, `${id}.trace`);
const read = (id: string) =>
  existsSync(traceOf(id)) ? readFileSync(traceOf(id), "utf8").trim().split("\n") : [];

function worker(id: string, command: string, killAt = ""): ChildProcess {
  const child = fork(path.join(import.meta.dirname, "testing-worker.ts"), [folder, command, id], {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, DATABASE_URL: database.url, KILL_AT: killAt, LOG_LEVEL: "error" },
  });
  children.push(child);
  return child;
}

const dead = (child: ChildProcess) =>
  waitFor(() => child.exitCode !== null || child.signalCode !== null, {
    timeoutMs: 20_000,
    what: "the kill",
  });
const seen = (id: string, line: string) =>
  waitFor(() => read(id).includes(line), { timeoutMs: 40_000, what: `"${line}" in ${id}` });
const effects = (id: string) => database.db.select().from(lineageEdges).where(eq(lineageEdges.toId, id));

describe("a workflow whose worker is killed with -9", () => {
  it("goes on in another worker at the step it was in, and waits for people across the failover", async () => {
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
  });

  it("does an exactly-once effect once, although it dies right after the commit", async () => {
    const id = "wf-effect";
    await dead(worker(id, "start", "after-effect"));
    worker(id, "answer");
    await seen(id, "end");
    expect(await effects(id)).toHaveLength(1);
  });
});
