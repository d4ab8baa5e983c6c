import { eq, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { loadVersion } from "./load";
import { VersionTagInput } from "./schemas";
import { NOTES, RESERVED, WRITE } from "./version-parts";

export const setVersionTag = mutation(
  {
    name: "registry.version.set-tag",
    permission: WRITE,
    input: VersionTagInput,
    summary: "Set a tag of a version",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    if (RESERVED.test(input.key))
      throw invalidField("key", `"${input.key}" is reserved for the portal's own facts`);
    const version = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({
        tags: sql`${modelVersions.tags} || ${JSON.stringify({ [input.key]: input.value })}::jsonb`,
        updatedAt: ctx.now(),
      })
      .where(eq(modelVersions.id, version.id));
    return {};
  },
);
