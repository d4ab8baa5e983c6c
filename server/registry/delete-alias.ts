import { and, eq } from "drizzle-orm";
import { modelAliases } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { loadModel } from "./load";
import { carriedBy, protectionOf, requireFree } from "./protection";
import { AliasInput } from "./schemas";
import { modelTopic } from "./kinds";
import { WRITE } from "./alias-parts";

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
