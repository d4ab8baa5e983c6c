import type { ChildProcess } from "node:child_process";
import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gateRuns, gateVerdicts, modelVersions, policies } from "@/db/schema";
import { waitFor } from "@/db/testing";
import { killNow, startWorker } from "@/server/compute/testing";
import { inTransaction } from "@/server/core/verb";
import { parsePolicyDocument } from "@/server/governance/cel";
import { storePolicy } from "@/server/governance/gates/sync-policies";
import { createWorld, type Person, type World } from "@/server/governance/testing";
import { endRun, registeredVersion, trainedRun } from "./testing";

let world: World;
let member: Person;
let worker: ChildProcess | undefined;
beforeAll(async () => {
  world = await createWorld();
  process.env.LOG_LEVEL = "error";
  member = await world.person("member");
});
afterAll(async () => {
  if (worker) await killNow(worker);
  await world.close();
});

const MODELS = 3;

/** How many runs of the gates each version has had by a version of the policy `evaluation`. */
async function judgedBy(version: number): Promise<number[]> {
  const rows = await world.db
    .select({ subject: gateRuns.subjectId, count: sql<number>`count(*)::int` })
    .from(gateVerdicts)
    .innerJoin(gateRuns, eq(gateRuns.id, gateVerdicts.gateRunId))
    .where(and(eq(gateVerdicts.policyKey, "evaluation"), eq(gateVerdicts.policyVersion, version)))
    .groupBy(gateRuns.subjectId);
  return rows.map(({ count }) => count);
}

/** Events that no handler has taken yet, and workflows that have not ended. */
async function underWay(): Promise<number> {
  const { rows } = await world.db.execute<{ count: number }>(sql`
    select (select count(*) from outbox_queue)::int
      + (select count(*) from outbox_deliveries where state = 'pending')::int
      + (select count(*) from dbos.workflow_status where status in ('PENDING', 'ENQUEUED'))::int as count`);
  return rows[0]?.count ?? 0;
}

it(
  "judges every version by a new policy exactly once, also when the worker is killed while it does",
  { timeout: 480_000 },
  async () => {
    for (let model = 0; model < MODELS; model += 1) {
      const line = await trainedRun(member.caller, world.system());
      await registeredVersion(member.caller, line, { name: `model-${model}` });
      await endRun(member.caller, line.runId);
    }
    worker = await startWorker();
    const judged = async () =>
      (await world.db.select().from(modelVersions)).filter(({ gatesOutcome }) => gatesOutcome === "pass")
        .length;
    await waitFor(async () => (await judged()) === MODELS, {
      timeoutMs: 120_000,
      what: "the first judgement",
    });
    // Each version is judged for its registration and for the end of its run; one that comes late is judged by the policies of then.
    await waitFor(async () => (await underWay()) === 0, { timeoutMs: 120_000, what: "the first work's end" });

    const [current] = await world.db
      .select()
      .from(policies)
      .where(and(eq(policies.key, "evaluation"), sql`retired_at is null`));
    const source = (current?.source ?? "").replace("rules:", "grace: 0\n  rules:");
    const change = () =>
      inTransaction(world.system(), (tx) =>
        storePolicy(tx, { key: "evaluation", source, document: parsePolicyDocument(source) }),
      );
    const stored = await change();
    expect(stored?.version).toBe(2);
    await waitFor(async () => (await judgedBy(2)).length > 0, {
      timeoutMs: 120_000,
      what: "the first new verdict",
    });
    await killNow(worker);
    worker = await startWorker();
    await waitFor(async () => (await judgedBy(2)).length === MODELS, {
      timeoutMs: 120_000,
      what: "all new verdicts",
    });
    const stale = async () =>
      (
        await world.db.execute<{ count: number }>(sql`
          select count(*)::int as count from model_versions v
          where not exists (select 1 from gate_verdicts g where g.gate_run_id = v.gate_run_id and g.policy_digest = ${stored?.digest})`)
      ).rows[0]?.count;
    await waitFor(async () => (await stale()) === 0, {
      timeoutMs: 120_000,
      what: "versions with the new verdicts",
    });
    expect(await judgedBy(2)).toEqual(Array<number>(MODELS).fill(1));
  },
);
