import { eq, sql } from "drizzle-orm";
import { lineageEdges, loggedModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { uuidV7Hex } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation, query } from "@/server/core/verb";
import { loadExperiment, loadLoggedModel, loadRun } from "./load";
import { metricsOfModels } from "./logged-model-metrics";
import {
  CreateLoggedModelInput,
  DeleteLoggedModelTagInput,
  FinalizeLoggedModelInput,
  LoggedModelIdInput,
  LoggedModelPairsInput,
} from "./schemas";
import { runTopic } from "./kinds";

const WRITE = "experiments.run.write" as const;
const NOTES = "none: working notes of the logged model" as const;
const pairs = (list: readonly { key: string; value: string }[]) =>
  Object.fromEntries(list.map((item) => [item.key, item.value]));

export const createLoggedModel = mutation(
  {
    name: "experiments.logged-model.create",
    permission: WRITE,
    input: CreateLoggedModelInput,
    summary: "Create a logged model",
  },
  async ({ ctx, input }) => {
    const experiment = await loadExperiment(ctx, input.experimentId);
    const run = input.sourceRunId ? await loadRun(ctx, input.sourceRunId) : undefined;
    const id = `m-${uuidV7Hex()}`;
    const [row] = await ctx.db
      .insert(loggedModels)
      .values({
        id,
        teamId: ctx.actor.teamId,
        experimentId: experiment.id,
        sourceRunId: run?.id ?? null,
        name: input.name ?? `model-${id.slice(-6)}`,
        modelType: input.modelType ?? null,
        params: pairs(input.params),
        tags: pairs(input.tags),
        createdBy: ctx.actor.userId,
      })
      .returning();
    if (run) {
      await ctx.db
        .insert(lineageEdges)
        .values({
          teamId: run.teamId,
          fromKind: "run",
          fromId: run.id,
          toKind: "logged_model",
          toId: id,
          relation: "made",
        })
        .onConflictDoNothing();
      await notifyLive(ctx.db, run.teamId, runTopic(run.id));
    }
    await audit(ctx, {
      action: "experiments.logged-model.create",
      subject: { kind: "logged_model", id, label: input.name ?? undefined },
      after: { runId: run?.id ?? null },
    });
    if (!row) throw precondition("The model was not written.");
    return row;
  },
);

export const getLoggedModel = query(
  {
    name: "experiments.logged-model.get",
    permission: "experiments.run.read",
    input: LoggedModelIdInput,
    summary: "One logged model",
  },
  async ({ ctx, input }) => {
    const model = await loadLoggedModel(ctx, input.modelId);
    const metrics = await metricsOfModels(ctx, [model.id]);
    return { ...model, metrics: metrics.get(model.id) ?? [] };
  },
);

export const finalizeLoggedModel = mutation(
  {
    name: "experiments.logged-model.finalize",
    permission: WRITE,
    input: FinalizeLoggedModelInput,
    summary: "Mark a logged model ready or failed",
  },
  async ({ ctx, input }) => {
    const before = await loadLoggedModel(ctx, input.modelId);
    const [row] = await ctx.db
      .update(loggedModels)
      .set({ status: input.status, updatedAt: ctx.now() })
      .where(eq(loggedModels.id, before.id))
      .returning();
    await audit(ctx, {
      action: "experiments.logged-model.finalize",
      subject: { kind: "logged_model", id: before.id, label: before.name },
      before: { status: before.status },
      after: { status: input.status },
    });
    return row ?? before;
  },
);

export const deleteLoggedModel = mutation(
  {
    name: "experiments.logged-model.delete",
    permission: WRITE,
    input: LoggedModelIdInput,
    summary: "Delete a logged model",
  },
  async ({ ctx, input }) => {
    const before = await loadLoggedModel(ctx, input.modelId);
    if (before.sealedAt) {
      throw precondition("A registered version refers to this model.", "Delete the version first.");
    }
    await ctx.db.update(loggedModels).set({ deletedAt: ctx.now() }).where(eq(loggedModels.id, before.id));
    await audit(ctx, {
      action: "experiments.logged-model.delete",
      subject: { kind: "logged_model", id: before.id, label: before.name },
    });
    return {};
  },
);

function pairsVerb(column: "tags" | "params") {
  return mutation(
    {
      name: `experiments.logged-model.set-${column}`,
      permission: WRITE,
      input: LoggedModelPairsInput,
      summary: `Set ${column} of a logged model`,
      audit: NOTES,
    },
    async ({ ctx, input }) => {
      const before = await loadLoggedModel(ctx, input.modelId);
      const [row] = await ctx.db
        .update(loggedModels)
        .set({
          // In the statement, so that two at once keep each other's.
          [column]: sql`${loggedModels[column]} || ${JSON.stringify(pairs(input.pairs))}::jsonb`,
          updatedAt: ctx.now(),
        })
        .where(eq(loggedModels.id, before.id))
        .returning();
      return row ?? before;
    },
  );
}
export const setLoggedModelTags = pairsVerb("tags");
export const setLoggedModelParams = pairsVerb("params");

export const deleteLoggedModelTag = mutation(
  {
    name: "experiments.logged-model.delete-tag",
    permission: WRITE,
    input: DeleteLoggedModelTagInput,
    summary: "Remove a tag of a logged model",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    const before = await loadLoggedModel(ctx, input.modelId);
    await ctx.db
      .update(loggedModels)
      .set({ tags: sql`${loggedModels.tags} - ${input.key}::text` })
      .where(eq(loggedModels.id, before.id));
    return {};
  },
);
