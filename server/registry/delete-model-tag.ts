import { and, eq, sql } from "drizzle-orm";
import { registeredModels } from "@/db/schema";
import { mutation } from "@/server/core/verb";
import { loadModel } from "./load";
import { ModelTagKeyInput } from "./schemas";
import { NOTES, WRITE } from "./model-parts";

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
