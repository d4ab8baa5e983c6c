import { and, eq, sql } from "drizzle-orm";
import { modelVersions, registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { conflict, precondition } from "@/server/core/errors";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { voidReviewsOfGone } from "@/server/governance";
import { loadModel, loadVersionById, type RegisteredModel } from "./load";
import { carriedBy, protectionOf, requireAdmitted, requireFree, requireNameFree } from "./protection";
import {
  CreateModelInput,
  ModelNameInput,
  ModelTagInput,
  ModelTagKeyInput,
  RenameModelInput,
  UpdateModelInput,
} from "./schemas";
import { modelsTopic } from "./kinds";

const WRITE = "registry.model.write" as const;
const subject = (model: RegisteredModel) => ({ kind: "model", id: model.id, label: model.name });
const nameTaken = (name: string) =>
  conflict(
    `Registered Model (name=${name}) already exists.`,
    "Use another name, or add a version to the existing model.",
    {
      reason: "already_exists",
    },
  );

export const createModel = mutation(
  {
    name: "registry.model.create",
    permission: WRITE,
    input: CreateModelInput,
    summary: "Create a registered model",
  },
  async ({ ctx, input }) => {
    const [row] = await ctx.db
      .insert(registeredModels)
      .values({
        id: newId("model"),
        teamId: ctx.actor.teamId,
        name: input.name,
        description: input.description ?? "",
        ownerId: ctx.actor.userId,
        tags: Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value])),
      })
      .onConflictDoNothing()
      .returning();
    if (!row) throw nameTaken(input.name);
    await notifyLive(ctx.db, ctx.actor.teamId, modelsTopic);
    await audit(ctx, { action: "registry.model.create", subject: subject(row), after: { name: row.name } });
    return row;
  },
);

export const renameModel = mutation(
  {
    name: "registry.model.rename",
    permission: WRITE,
    input: RenameModelInput,
    summary: "Rename a registered model",
  },
  async ({ ctx, input }) => {
    const before = await loadModel(ctx, input.name);
    const [taken] = await ctx.db
      .select({ id: registeredModels.id })
      .from(registeredModels)
      .where(and(eq(registeredModels.teamId, ctx.actor.teamId), eq(registeredModels.name, input.newName)));
    if (taken && taken.id !== before.id) throw nameTaken(input.newName);
    if (input.newName !== before.name) {
      requireNameFree(before, await protectionOf(ctx, before));
      // The new name may have been a governed model's: then what it carries there must be admitted.
      const there = await protectionOf(ctx, { ...before, name: input.newName });
      for (const { what, environment, version } of await carriedBy(ctx, before.id, there))
        await requireAdmitted(ctx, await loadVersionById(ctx, version.id), what, environment);
    }
    await ctx.db
      .update(registeredModels)
      .set({ name: input.newName, updatedAt: ctx.now() })
      .where(eq(registeredModels.id, before.id));
    await audit(ctx, {
      action: "registry.model.rename",
      subject: { ...subject(before), label: input.newName },
      before: { name: before.name },
      after: { name: input.newName },
    });
    return { ...before, name: input.newName };
  },
);

export const updateModel = mutation(
  {
    name: "registry.model.update",
    permission: WRITE,
    input: UpdateModelInput,
    summary: "Describe a registered model",
  },
  async ({ ctx, input }) => {
    const before = await loadModel(ctx, input.name);
    await ctx.db
      .update(registeredModels)
      .set({ description: input.description, updatedAt: ctx.now() })
      .where(eq(registeredModels.id, before.id));
    await audit(ctx, {
      action: "registry.model.update",
      subject: subject(before),
      before: { description: before.description },
      after: { description: input.description },
    });
    return { ...before, description: input.description };
  },
);

/** Archives the model; its name is free again. Refused while a version serves traffic or carries a protected alias or stage. */
export const deleteModel = mutation(
  {
    name: "registry.model.delete",
    permission: WRITE,
    input: ModelNameInput,
    summary: "Delete a registered model",
  },
  async ({ ctx, input }) => {
    const before = await loadModel(ctx, input.name);
    const [serving] = await ctx.db
      .execute<{ name: string }>(
        sql`select name from deployments where model_id = ${before.id} and retired_at is null limit 1`,
      )
      .then((result) => result.rows);
    if (serving) {
      throw precondition(`Deployment ${serving.name} serves this model.`, "Retire the deployment first.");
    }
    const carried = await carriedBy(ctx, before.id, await protectionOf(ctx, before));
    requireFree(before, carried, "the model cannot be deleted");
    await ctx.db
      .update(registeredModels)
      .set({ archivedAt: ctx.now(), name: `${before.name} (deleted ${before.id})`, updatedAt: ctx.now() })
      .where(eq(registeredModels.id, before.id));
    const gone = await ctx.db
      .update(modelVersions)
      .set({ state: "deleted" })
      .where(eq(modelVersions.modelId, before.id))
      .returning({ id: modelVersions.id });
    await voidReviewsOfGone(ctx, {
      subjectKind: "model_version",
      subjectIds: gone.map((version) => version.id),
      reason: "The model was deleted.",
    });
    await notifyLive(ctx.db, ctx.actor.teamId, modelsTopic);
    await audit(ctx, {
      action: "registry.model.delete",
      subject: subject(before),
      before: { name: before.name },
    });
    return {};
  },
);

const NOTES = "none: tags are working notes of the model" as const;

export const setModelTag = mutation(
  {
    name: "registry.model.set-tag",
    permission: WRITE,
    input: ModelTagInput,
    summary: "Set a tag of a model",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    await ctx.db
      .update(registeredModels)
      .set({
        tags: sql`${registeredModels.tags} || ${JSON.stringify({ [input.key]: input.value })}::jsonb`,
        updatedAt: ctx.now(),
      })
      .where(eq(registeredModels.id, model.id));
    return {};
  },
);

export const deleteModelTag = mutation(
  {
    name: "registry.model.delete-tag",
    permission: WRITE,
    input: ModelTagKeyInput,
    summary: "Remove a tag of a model",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    await ctx.db
      .update(registeredModels)
      .set({ tags: sql`${registeredModels.tags} - ${input.key}::text` })
      .where(and(eq(registeredModels.id, model.id)));
    return {};
  },
);
