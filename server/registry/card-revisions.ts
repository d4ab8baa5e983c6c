import { desc, eq } from "drizzle-orm";
import { modelCardRevisions } from "@/db/schema";
import { people } from "@/server/identity";
import { query } from "@/server/core/verb";
import { diffCards } from "./card/rules";
import { loadVersion } from "./load";
import { VersionInput } from "./schemas";
import { READ } from "./card-parts";

/** All revisions, newest first, each with what it changed. */
export const cardRevisions = query(
  {
    name: "registry.card.revisions",
    permission: READ,
    input: VersionInput,
    summary: "Revisions of a model card with their differences",
  },
  async ({ ctx, input }) => {
    const version = await loadVersion(ctx, input.name, input.version);
    const rows = await ctx.db
      .select({ row: modelCardRevisions, author: people.name })
      .from(modelCardRevisions)
      .leftJoin(people, eq(people.id, modelCardRevisions.updatedBy))
      .where(eq(modelCardRevisions.versionId, version.id))
      .orderBy(desc(modelCardRevisions.revision))
      .limit(201);
    return {
      items: rows.slice(0, 200).map(({ row, author }, at) => ({
        revision: row.revision,
        digest: row.digest,
        updatedBy: author ?? row.updatedBy,
        createdAt: row.createdAt,
        changes: diffCards(rows[at + 1]?.row ?? null, row),
      })),
    };
  },
);
