import { eq } from "drizzle-orm";
import { registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { loadModel } from "./load";
import { protectionOf } from "./protection";
import { ProtectionSetting, SetProtectionInput } from "./schemas";
import { modelTopic } from "./kinds";

/** Switches the protection of a model's aliases and stages. For team admins: whoever may move an alias must not be able to unprotect it. */
export const setProtection = mutation(
  {
    name: "registry.protection.set",
    permission: "registry.protection.write",
    input: SetProtectionInput,
    summary: "Switch the protection of a model's aliases and stages",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const before = ProtectionSetting.parse(model.aliasProtection ?? {});
    const after = { mode: input.mode, aliases: input.aliases ?? before.aliases };
    await ctx.db
      .update(registeredModels)
      .set({ aliasProtection: after, updatedAt: ctx.now() })
      .where(eq(registeredModels.id, model.id));
    await notifyLive(ctx.db, ctx.actor.teamId, modelTopic(model.id));
    await audit(ctx, {
      action: "registry.protection.set",
      subject: { kind: "model", id: model.id, label: model.name },
      before,
      after,
      reason: input.reason,
    });
    return protectionOf(ctx, { ...model, aliasProtection: after });
  },
);
