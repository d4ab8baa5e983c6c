import { and, eq } from "drizzle-orm";
import { modelAliases } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notFound } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation, query } from "@/server/core/verb";
import { loadModel, loadVersion, loadVersionById } from "./load";
import { carriedBy, gateOfAlias, protectionOf, requireAdmitted, requireFree } from "./protection";
import { AliasInput, SetAliasInput } from "./schemas";
import { modelTopic } from "./kinds";

const WRITE = "registry.model.write" as const;

/** Points an alias at a version, moving it from another if need be; a protected one only at a version that its environment admits. */
export const setAlias = mutation(
  { name: "registry.alias.set", permission: WRITE, input: SetAliasInput, summary: "Set an alias" },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const environment = gateOfAlias(await protectionOf(ctx, await loadModel(ctx, input.name)), input.alias);
    if (environment !== null) await requireAdmitted(ctx, version, `Alias ${input.alias}`, environment);
    const where = and(eq(modelAliases.modelId, version.modelId), eq(modelAliases.alias, input.alias));
    const [before] = await ctx.db.select().from(modelAliases).where(where).for("update");
    await ctx.db
      .insert(modelAliases)
      .values({ modelId: version.modelId, alias: input.alias, versionId: version.id })
      .onConflictDoUpdate({
        target: [modelAliases.modelId, modelAliases.alias],
        set: { versionId: version.id, updatedAt: ctx.now() },
      });
    await emit(ctx, {
      type: "registry.alias_moved",
      payload: { modelId: version.modelId, alias: input.alias, versionId: version.id },
    });
    await notifyLive(ctx.db, ctx.actor.teamId, modelTopic(version.modelId));
    await audit(ctx, {
      action: "registry.alias.set",
      subject: { kind: "model", id: version.modelId, label: version.modelName },
      before: { alias: input.alias, versionId: before?.versionId ?? null },
      after: { alias: input.alias, versionId: version.id },
    });
    return {};
  },
);

/** Clients that load the model by a protected alias depend on it: it moves, but is not removed. */
export const deleteAlias = mutation(
  { name: "registry.alias.delete", permission: WRITE, input: AliasInput, summary: "Delete an alias" },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const carried = await carriedBy(ctx, model.id, await protectionOf(ctx, model));
    requireFree(
      model,
      carried.filter(({ what }) => what === `Alias ${input.alias}`),
      "it cannot be removed",
    );
    const [before] = await ctx.db
      .delete(modelAliases)
      .where(and(eq(modelAliases.modelId, model.id), eq(modelAliases.alias, input.alias)))
      .returning();
    if (before)
      await emit(ctx, {
        type: "registry.alias_moved",
        payload: { modelId: model.id, alias: input.alias, versionId: null },
      });
    await notifyLive(ctx.db, ctx.actor.teamId, modelTopic(model.id));
    await audit(ctx, {
      action: "registry.alias.delete",
      subject: { kind: "model", id: model.id, label: model.name },
      before: { alias: input.alias, versionId: before?.versionId ?? null },
    });
    return {};
  },
);

/** The version an alias points at. @throws AppError `not_found` */
export const getByAlias = query(
  {
    name: "registry.alias.get",
    permission: "registry.model.read",
    input: AliasInput,
    summary: "The version of an alias",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const [row] = await ctx.db
      .select()
      .from(modelAliases)
      .where(and(eq(modelAliases.modelId, model.id), eq(modelAliases.alias, input.alias)));
    if (!row) throw notFound("model alias", input.alias);
    return loadVersionById(ctx, row.versionId);
  },
);
