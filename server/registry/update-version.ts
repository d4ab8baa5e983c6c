import { eq } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { mutation } from "@/server/core/verb";
import { loadVersion, loadVersionById } from "./load";
import { UpdateVersionInput } from "./schemas";
import { WRITE, subject } from "./version-parts";

export const updateVersion = mutation(
  {
    name: "registry.version.update",
    permission: WRITE,
    input: UpdateVersionInput,
    summary: "Describe a model version",
  },
  async ({ ctx, input }) => {
    const before = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({ description: input.description, lastEditedBy: ctx.actor.userId, updatedAt: ctx.now() })
      .where(eq(modelVersions.id, before.id));
    await audit(ctx, {
      action: "registry.version.update",
      subject: subject(before),
      before: { description: before.description },
      after: { description: input.description },
    });
    return loadVersionById(ctx, before.id);
  },
);
