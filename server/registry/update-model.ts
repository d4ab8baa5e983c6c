import { eq } from "drizzle-orm";
import { registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { loadModel } from "./load";
import { UpdateModelInput } from "./schemas";
import { WRITE, subject } from "./model-parts";

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
