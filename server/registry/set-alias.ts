import { and, eq } from "drizzle-orm";
import { modelAliases } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notifyLive } from "@/server/core/live";
import { emit } from "@/server/core/outbox";
import { mutation } from "@/server/core/verb";
import { loadModel, loadVersion } from "./load";
import { gateOfAlias, protectionOf, requireAdmitted } from "./protection";
import { SetAliasInput } from "./schemas";
import { modelTopic } from "./kinds";
import { WRITE } from "./alias-parts";

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
