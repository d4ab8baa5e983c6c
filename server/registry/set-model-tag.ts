import { eq, sql } from "drizzle-orm";
import { registeredModels } from "@/db/schema";
import { mutation } from "@/server/core/verb";
import { loadModel } from "./load";
import { ModelTagInput } from "./schemas";
import { NOTES, WRITE } from "./model-parts";

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
