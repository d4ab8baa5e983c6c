import { registeredModels } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { newId } from "@/server/core/ids";
import { notifyLive } from "@/server/core/live";
import { mutation } from "@/server/core/verb";
import { CreateModelInput } from "./schemas";
import { modelsTopic } from "./kinds";
import { WRITE, nameTaken, subject } from "./model-parts";

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
