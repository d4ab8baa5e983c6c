import { and, eq, inArray, sql } from "drizzle-orm";
import { modelVersions } from "@/db/schema";
import { invalidField } from "@/server/core/errors";
import { mutation } from "@/server/core/verb";
import { loadVersion } from "./load";
import { VersionTagKeyInput } from "./schemas";
import { NOTES, RESERVED, WRITE } from "./version-parts";

export const deleteVersionTag = mutation(
  {
    name: "registry.version.delete-tag",
    permission: WRITE,
    input: VersionTagKeyInput,
    summary: "Remove a tag of a version",
    audit: NOTES,
  },
  async ({ ctx, input }) => {
    if (RESERVED.test(input.key))
      throw invalidField("key", `"${input.key}" is reserved for the portal's own facts`);
    const version = await loadVersion(ctx, input.name, input.version);
    await ctx.db
      .update(modelVersions)
      .set({ tags: sql`${modelVersions.tags} - ${input.key}::text` })
      .where(
        and(eq(modelVersions.id, version.id), inArray(modelVersions.state, ["pending", "ready", "failed"])),
      );
    return {};
  },
);
