import { appendFileSync } from "node:fs";
import path from "node:path";
import { heartbeat } from "@/server/core/heartbeat";
import { db } from "@/db/client";
import { lineageEdges } from "@/db/schema";
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

const beat = heartbeat("worker");
await launchEngine(beat.id);
startSweeper(beat.id);
await db().execute("select 1");
if (command === "start") await startWorkflow("test.line", { id, input: { label: id } });
if (command === "answer") await signalWorkflow(id, "answer", "yes", `${id}-answer`);
process.send?.("ready");
