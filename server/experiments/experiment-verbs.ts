import { and, eq, sql } from "drizzle-orm";
import { experiments, runs } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, notFound } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation, query } from "@/server/core/verb";
import { experimentTopic, experimentsTopic } from "./kinds";
import { loadExperiment } from "./load";
import {
  CreateExperimentInput,
  DeleteExperimentTagInput,
  ExperimentIdInput,
  ExperimentNameInput,
  RenameExperimentInput,
  SetExperimentTagInput,
} from "./schemas";

const WRITE = "experiments.run.write" as const;
const nameTaken = (name: string) =>
  conflict(
    `Experiment(name=${name}) already exists.`,
    "Choose another name, or restore the deleted experiment.",
    {
      reason: "already_exists",
    },
  );

export const createExperiment = mutation(
  {
    name: "experiments.experiment.create",
    permission: WRITE,
    input: CreateExperimentInput,
    summary: "Create an experiment",
  },
  async ({ ctx, input }) => {
    const [row] = await ctx.db
      .insert(experiments)
      .values({
        teamId: ctx.actor.teamId,
        name: input.name,
        tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
        createdBy: ctx.actor.userId,
      })
      .onConflictDoNothing()
      .returning();
    if (!row) throw nameTaken(input.name);
    await notifyLive(ctx.db, ctx.actor.teamId, experimentsTopic);
    await audit(ctx, {
      action: "experiments.experiment.create",
      subject: { kind: "experiment", id: String(row.id), label: row.name },
      after: { name: row.name },
    });
    return row;
  },
);

export const getExperiment = query(
  {
    name: "experiments.experiment.get",
    permission: "experiments.run.read",
    input: ExperimentIdInput,
    summary: "One experiment",
  },
  ({ ctx, input }) => loadExperiment(ctx, input.experimentId),
);

export const getExperimentByName = query(
  {
    name: "experiments.experiment.get-by-name",
    permission: "experiments.run.read",
    input: ExperimentNameInput,
    summary: "One experiment by name",
  },
  async ({ ctx, input }) => {
    if (input.name === "Default") return loadExperiment(ctx, "0");
    const [row] = await ctx.db
      .select()
      .from(experiments)
      .where(and(eq(experiments.teamId, ctx.actor.teamId), eq(experiments.name, input.name)));
    if (!row) throw notFound("experiment", input.name);
    return row;
  },
);

export const renameExperiment = mutation(
  {
    name: "experiments.experiment.rename",
    permission: WRITE,
    input: RenameExperimentInput,
    summary: "Rename an experiment",
  },
  async ({ ctx, input }) => {
    const before = await loadExperiment(ctx, input.experimentId);
    const [taken] = await ctx.db
      .select({ id: experiments.id })
      .from(experiments)
      .where(and(eq(experiments.teamId, ctx.actor.teamId), eq(experiments.name, input.name)));
    if (taken && taken.id !== before.id) throw nameTaken(input.name);
    const [row] = await ctx.db
      .update(experiments)
      .set({ name: input.name, updatedAt: ctx.now() })
      .where(eq(experiments.id, before.id))
      .returning();
    await notifyLive(ctx.db, ctx.actor.teamId, experimentsTopic, experimentTopic(before.id));
    await audit(ctx, {
      action: "experiments.experiment.rename",
      subject: { kind: "experiment", id: String(before.id), label: input.name },
      before: { name: before.name },
      after: { name: input.name },
    });
    return row;
  },
);

function lifecycleVerb(verb: "delete" | "restore", lifecycle: "deleted" | "active") {
  return mutation(
    {
      name: `experiments.experiment.${verb}`,
      permission: WRITE,
      input: ExperimentIdInput,
      summary: `${verb === "delete" ? "Delete" : "Restore"} an experiment and its runs`,
    },
    async ({ ctx, input }) => {
      const before = await loadExperiment(ctx, input.experimentId);
      await ctx.db
        .update(experiments)
        .set({ lifecycle, updatedAt: ctx.now() })
        .where(eq(experiments.id, before.id));
      await ctx.db.update(runs).set({ lifecycle }).where(eq(runs.experimentId, before.id));
      await notifyLive(ctx.db, ctx.actor.teamId, experimentsTopic, experimentTopic(before.id));
      await audit(ctx, {
        action: `experiments.experiment.${verb}`,
        subject: { kind: "experiment", id: String(before.id), label: before.name },
        before: { lifecycle: before.lifecycle },
        after: { lifecycle },
      });
      return { ...before, lifecycle };
    },
  );
}
export const deleteExperiment = lifecycleVerb("delete", "deleted");
export const restoreExperiment = lifecycleVerb("restore", "active");

const TAGS_REASON = "none: tags are working notes of the experiment, kept in the row itself" as const;

export const setExperimentTag = mutation(
  {
    name: "experiments.experiment.set-tag",
    permission: WRITE,
    input: SetExperimentTagInput,
    summary: "Set a tag of an experiment",
    audit: TAGS_REASON,
  },
  async ({ ctx, input }) => {
    const row = await loadExperiment(ctx, input.experimentId);
    await ctx.db
      .update(experiments)
      .set({
        tags: sql`${experiments.tags} || ${JSON.stringify({ [input.key]: input.value })}::jsonb`,
        updatedAt: ctx.now(),
      })
      .where(eq(experiments.id, row.id));
    return {};
  },
);

export const deleteExperimentTag = mutation(
  {
    name: "experiments.experiment.delete-tag",
    permission: WRITE,
    input: DeleteExperimentTagInput,
    summary: "Remove a tag of an experiment",
    audit: TAGS_REASON,
  },
  async ({ ctx, input }) => {
    const row = await loadExperiment(ctx, input.experimentId);
    if (!(input.key in row.tags)) throw notFound("tag", input.key);
    await ctx.db
      .update(experiments)
      .set({ tags: sql`${experiments.tags} - ${input.key}::text`, updatedAt: ctx.now() })
      .where(eq(experiments.id, row.id));
    return {};
  },
);
