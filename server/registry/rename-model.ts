import { and, eq } from "drizzle-orm";
import { registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { loadModel, loadVersionById } from "./load";
import { carriedBy, protectionOf, requireAdmitted, requireNameFree } from "./protection";
import { RenameModelInput } from "./schemas";
import { WRITE, nameTaken, subject } from "./model-parts";

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
