import type { ChildProcess } from "node:child_process";
import { Hono } from "hono";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createTestDatabase, waitFor, type TestDatabase } from "@/db/testing";
import { cluster } from "@/server/composition";
import type { Actor } from "@/server/core/actor";
import type { HttpEnv } from "@/server/kit/app-env";
import { restApp } from "@/server/kit/rest-app";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { computeRoutes } from "./rest";
import { makePerson, makeTeam, prepareHome, startWorker } from "./testing";

let database: TestDatabase;
let scientist: Actor;
let worker: ChildProcess;
let app: Hono<HttpEnv>;

beforeAll(async () => {
  database = await createTestDatabase();
  prepareHome(database.url);
  scientist = await makePerson(database.db, await makeTeam(database.db, "risk"), "Ada");
  worker = await startWorker();
  const caller = { actor: scientist, db: database.db, requestId: "req_1" };
  app = new Hono<HttpEnv>()
    .use(async (c, next) => {
      c.set("requestId", "req_1");
      c.set("caller", () => Promise.resolve(caller));
      await next();
    })
    .route("/", restApp(computeRoutes));
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  for (const state of await cluster().list())
    await cluster().stop(state.attemptId, { graceMs: 0, reason: "Test over" });
  await database?.close();
});

const MIB = 1024 ** 2;
/** 80 MB in lines of 4,000 characters, then what went wrong. */
const SCRIPT = `
import sys
for n in range(20000):
    print(f"step {n:06d} " + "." * 3988)
sys.stdout.flush()
raise ValueError("the loss is not a number at step 20000")
`;

/** The text of a stream of log events, and the byte at which each ended. */
async function follow(id: string, offset: number) {
  const answer = await app.request(`/jobs/${id}/log/stream?offset=${offset}`);
  const events = (await answer.text()).split("\n\n").filter((each) => each.startsWith("event: log"));
  return events.map((each) => ({
    text: (JSON.parse(/^data: (.*)$/m.exec(each)?.[1] ?? "{}") as { text: string }).text,
    id: Number(/^id: (\d+)$/m.exec(each)?.[1]),
  }));
}

it("a job that wrote 80 MB before it failed says why, at the end of its log and in its headline", async () => {
  const { id } = await dispatchJob.execute(
    { actor: scientist, db: database.db },
    {
      name: "Long",
      command: ["python3", "-c", SCRIPT],
      resources: { cpuMilli: 1_000, memoryBytes: 256 * MIB, gpuMilli: 0 },
    },
  );
  const job = await waitFor(
    async () => {
      const seen = await getJob.execute({ actor: scientist, db: database.db }, { id });
      return seen.state === "failed" ? seen : undefined;
    },
    { timeoutMs: 90_000, intervalMs: 200, what: "the job to fail" },
  );
  expect(job.reasonText).toBe("ValueError: the loss is not a number at step 20000 (exited with code 1).");

  const whole = await (await app.request(`/jobs/${id}/log`)).text();
  expect(Buffer.byteLength(whole)).toBeLessThanOrEqual(50 * MIB + 200);
  expect(Buffer.byteLength(whole)).toBe(job.attempts[0]?.logSizeBytes);
  expect(whole).toMatch(/^\S+Z s Running: python3/);
  expect(whole).toContain("step 000000 ...");
  expect(whole).toContain("step 019999 ...");
  expect(whole).toContain("o Traceback (most recent call last):\n");
  const said = whole.match(/^\S+Z s (\d+) bytes of output were left out here.*$/gm) ?? [];
  expect(said).toHaveLength(1);
  const leftOut = Number(/ s (\d+) bytes/.exec(said[0] ?? "")?.[1]);
  // Nothing is missing but what is said to be: each line has the time, a mark and its text.
  const written = 20_000 * (4_000 + 28);
  expect(leftOut + Buffer.byteLength(whole)).toBeGreaterThan(written);
  expect(leftOut + Buffer.byteLength(whole)).toBeLessThan(written + 3_000);

  // A page that was away for a while goes on where it was, although the log is another file now.
  const all = await follow(id, 0);
  expect(all.map(({ text }) => text).join("")).toBe(whole);
  const from = all.at(-2);
  expect((await follow(id, from?.id ?? 0)).map(({ text }) => text).join("")).toBe(all.at(-1)?.text);
  const rest = await (await app.request(`/jobs/${id}/log?offset=${from?.id}`)).text();
  expect(rest).toBe(all.at(-1)?.text);
});
