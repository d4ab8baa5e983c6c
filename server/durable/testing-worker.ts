import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { heartbeat } from "@/server/core/heartbeat";
import { db } from "@/db/client";
import { lineageEdges, processes } from "@/db/schema";
import { launchEngine, startSweeper } from "./engine";
import { defineWorkflow, signalWorkflow, startWorkflow } from "./port";

/**
 * A worker for tests, driven by its arguments: `<folder> <command> <workflow id>`. Each step appends its name to the
 * workflow's file in the folder; `KILL_AT` names the step in whose body the process kills itself, once, without warning.
 */
const [folder = "", command = "", id = ""] = process.argv.slice(2);
const noteOf = (workflowId: string) => (text: string) =>
  appendFileSync(path.join(folder, `${workflowId}.trace`), `${text}\n`);

function dieIf(step: string) {
  if (process.env.KILL_AT === step) process.kill(process.pid, "SIGKILL");
}

defineWorkflow<{ label: string }>("test.line", async (wf, input) => {
  const note = noteOf(wf.id);
  for (const name of ["one", "two", "three"]) {
    await wf.step(name, async () => {
      note(name);
      dieIf(name);
    });
  }
  await wf.once("effect", "team_test", async (ctx) => {
    note("effect");
    await ctx.db.insert(lineageEdges).values({
      teamId: "team_test",
      fromKind: "t",
      fromId: `${input.label}-${Date.now()}`,
      toKind: "t",
      toId: input.label,
      relation: "r",
    });
  });
  await wf.step("after-effect", async () => dieIf("after-effect"));
  const answer = await wf.waitFor<string>("answer", { timeoutMs: 60_000 });
  note(`answer ${answer ?? "none"}`);
  await wf.sleep(500);
  note("end");
});

defineWorkflow("test.sleep", async (wf) => {
  const note = noteOf(wf.id);
  note(`begin ${Date.now()}`);
  await wf.sleep(6_000);
  note(`woke ${Date.now()}`);
});

/** Breaks once outside a step, as a connection may, while a signal waits for it. */
defineWorkflow("test.broken", async (wf) => {
  const note = noteOf(wf.id);
  const trace = () => readFileSync(path.join(folder, `${wf.id}.trace`), "utf8");
  await wf.step("one", async () => {
    note("one");
    while (!trace().includes("signalled")) await delay(20);
  });
  if (!trace().includes("broke")) {
    note("broke");
    throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  }
  const answer = await wf.waitFor<string>("answer", { timeoutMs: 20_000 });
  note(`answer ${answer ?? "none"}`);
  note("end");
});

/** In this round the transaction stays open without a statement for a while: a killed database is then noticed by nobody's query. */
const IDLE_ROUND = 20;

/** Many short steps, so that a database killed at any moment is killed in the middle of one. */
defineWorkflow<{ rounds: number }>("test.outage", async (wf, input) => {
  const note = noteOf(wf.id);
  for (let round = 0; round < input.rounds; round += 1) {
    await wf.once(`effect-${round}`, "team_test", async (ctx) => {
      await ctx.db.insert(lineageEdges).values({
        teamId: "team_test",
        fromKind: "t",
        fromId: `${round}-${randomUUID()}`,
        toKind: "t",
        toId: wf.id,
        relation: "r",
      });
      if (round === IDLE_ROUND) {
        note(`inside ${round}`);
        await delay(1_000);
      }
    });
    await wf.step(`query-${round}`, async () => {
      await db().execute("select pg_sleep(0.05)");
      note(`round ${round}`);
    });
    await wf.sleep(20);
  }
  note("end");
});

const beat = heartbeat("worker");
const rowOf = () => db().select().from(processes).where(eq(processes.id, beat.id));
while ((await rowOf()).length === 0) await delay(20);
await launchEngine(beat.id);
startSweeper(beat.id);
if (command === "start") await startWorkflow("test.line", { id, input: { label: id } });
else if (command.startsWith("test.")) await startWorkflow(command, { id, input: { rounds: 40 } });
if (command === "answer") await signalWorkflow(id, "answer", "yes", `${id}-answer`);
process.on("message", (target: string) => {
  void signalWorkflow(target, "answer", "yes", `${target}-answer`).then(() => noteOf(target)("signalled"));
});
process.send?.("ready");
