import { eq, sql } from "drizzle-orm";
import { modelVersions, registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { precondition } from "@/server/core/errors";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { voidReviewsOfGone } from "@/server/governance";
import { loadModel } from "./load";
import { carriedBy, protectionOf, requireFree } from "./protection";
import { ModelNameInput } from "./schemas";
import { modelsTopic } from "./kinds";
import { WRITE, subject } from "./model-parts";

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
