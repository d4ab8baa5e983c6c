import { and, eq } from "drizzle-orm";
import { modelAliases } from "@/db/schema";
import { notFound } from "@/server/core/errors";
import { query } from "@/server/core/verb";
import { loadModel, loadVersionById } from "./load";
import { AliasInput } from "./schemas";

/** The version an alias points at. @throws AppError `not_found` */
export const getByAlias = query(
  {
    name: "registry.alias.get",
    permission: "registry.model.read",
    input: AliasInput,
    summary: "The version of an alias",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const [row] = await ctx.db
      .select()
      .from(modelAliases)
      .where(and(eq(modelAliases.modelId, model.id), eq(modelAliases.alias, input.alias)));
    if (!row) throw notFound("model alias", input.alias);
    return loadVersionById(ctx, row.versionId);
  },
);
