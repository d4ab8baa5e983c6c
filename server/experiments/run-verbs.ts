import { and, eq } from "drizzle-orm";
import { runs, runTags } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notFound, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { loadExperiment, loadRun, loadWritableRun } from "./load";
import { isTerminal } from "./rules";
import { detailOfNewRun, detailsOf } from "./queries";
import { CreateRunInput, DeleteRunTagInput, RunIdInput, UpdateRunInput } from "./schemas";
import { experimentTopic, experimentsTopic, runTopic } from "./kinds";

const WRITE = "experiments.run.write" as const;
const ADJECTIVES = ["calm", "brisk", "clear", "bold", "deft", "keen", "lucid", "quiet", "swift", "warm"];
const NOUNS = ["heron", "otter", "maple", "comet", "harbor", "lynx", "cedar", "finch", "delta", "ember"];

/** A readable name for a run that came without one, derived from its id. */
function runNameOf(id: string): string {
  const seed = Number.parseInt(id.slice(-6), 16);
  return `${ADJECTIVES[seed % 10]}-${NOUNS[Math.floor(seed / 10) % 10]}-${seed % 1000}`;
}

export const createRun = mutation(
  { name: "experiments.run.create", permission: WRITE, input: CreateRunInput, summary: "Start a run" },
  async ({ ctx, input }) => {
    const experiment = await loadExperiment(ctx, input.experimentId);
    if (experiment.lifecycle !== "active") {
      throw precondition(
        `Experiment ${experiment.name} is deleted.`,
        "Restore it, or log to another experiment.",
      );
    }
    const id = newId("run");
    const tags = new Map(input.tags.map((tag) => [tag.key, tag.value]));
    const name = input.runName || tags.get("mlflow.runName") || runNameOf(id);
    tags.set("mlflow.runName", name);
    if (input.userName && !tags.has("mlflow.user")) tags.set("mlflow.user", input.userName);
    const written = ctx.db.insert(runs).values({
      id,
      teamId: ctx.actor.teamId,
      experimentId: experiment.id,
      name,
      status: "RUNNING",
      userId: ctx.actor.userId,
      // The person behind the token; what the client calls its user (often the machine's) stays in the tag mlflow.user.
      userName: ctx.actor.name,
      jobId: ctx.actor.jobId ?? null,
      startMs: input.startMs ?? ctx.now().getTime(),
    });
    const [run] = await written.returning();
    if (!run) throw notFound("run", id);
    const runTagList = [...tags].map(([key, value]) => ({ key, value }));
    await ctx.db.insert(runTags).values(runTagList.map((tag) => ({ runId: id, ...tag })));
    await emit(ctx, { type: "experiments.run_started", payload: { runId: id, experimentId: experiment.id } });
    await notifyLive(ctx.db, ctx.actor.teamId, experimentTopic(experiment.id), experimentsTopic);
    await audit(ctx, {
      action: "experiments.run.create",
      subject: { kind: "run", id, label: name },
      after: { experimentId: experiment.id, jobId: ctx.actor.jobId ?? null },
    });
    return detailOfNewRun(run, experiment.name, runTagList);
  },
);

export const updateRun = mutation(
  {
    name: "experiments.run.update",
    permission: WRITE,
    input: UpdateRunInput,
    summary: "Change a run's status or name",
  },
  async ({ ctx, input }) => {
    // Locked, so that a rename does not write back the state from before the run's end, and an end is told once.
    await ctx.db.select({ id: runs.id }).from(runs).where(eq(runs.id, input.runId)).for("update");
    const before = await loadWritableRun(ctx, input.runId);
    const status = input.status ?? before.status;
    const name = input.runName || before.name;
    const ended = isTerminal(status)
      ? (input.endMs ?? before.endMs ?? ctx.now().getTime())
      : (input.endMs ?? null);
    const [after] = await ctx.db
      .update(runs)
      .set({ status, name, endMs: ended })
      .where(eq(runs.id, before.id))
      .returning();
    if (name !== before.name) {
      await ctx.db
        .insert(runTags)
        .values({ runId: before.id, key: "mlflow.runName", value: name })
        .onConflictDoUpdate({ target: [runTags.runId, runTags.key], set: { value: name } });
    }
    if (isTerminal(status) && !isTerminal(before.status)) {
      await emit(ctx, { type: "experiments.run_finished", payload: { runId: before.id, status } });
    }
    await notifyLive(
      ctx.db,
      ctx.actor.teamId,
      runTopic(before.id),
      experimentTopic(before.experimentId),
      experimentsTopic,
    );
    await audit(ctx, {
      action: "experiments.run.update",
      subject: { kind: "run", id: before.id, label: name },
      before: { status: before.status, name: before.name },
      after: { status, name },
    });
    const [detail] = await detailsOf(ctx, after ? [after] : []);
    if (!detail) throw notFound("run", before.id);
    return detail;
  },
);

function lifecycleVerb(verb: "delete" | "restore", lifecycle: "deleted" | "active") {
  return mutation(
    {
      name: `experiments.run.${verb}`,
      permission: WRITE,
      input: RunIdInput,
      summary: `${verb === "delete" ? "Delete" : "Restore"} a run`,
    },
    async ({ ctx, input }) => {
      const before = await loadRun(ctx, input.runId);
      await ctx.db.update(runs).set({ lifecycle }).where(eq(runs.id, before.id));
      await notifyLive(ctx.db, ctx.actor.teamId, experimentTopic(before.experimentId), experimentsTopic);
      await audit(ctx, {
        action: `experiments.run.${verb}`,
        subject: { kind: "run", id: before.id, label: before.name },
        before: { lifecycle: before.lifecycle },
        after: { lifecycle },
      });
      return { id: before.id, lifecycle };
    },
  );
}
export const deleteRun = lifecycleVerb("delete", "deleted");
export const restoreRun = lifecycleVerb("restore", "active");

export const deleteRunTag = mutation(
  {
    name: "experiments.run.delete-tag",
    permission: WRITE,
    input: DeleteRunTagInput,
    summary: "Remove a tag of a run",
    audit: "none: tags are working notes of the run",
  },
  async ({ ctx, input }) => {
    const run = await loadWritableRun(ctx, input.runId);
    const gone = await ctx.db
      .delete(runTags)
      .where(and(eq(runTags.runId, run.id), eq(runTags.key, input.key)))
      .returning({ key: runTags.key });
    if (gone.length === 0) throw notFound("tag", input.key);
    return {};
  },
);
