import { and, eq, isNull, sql, type AnyColumn, type SQL } from "drizzle-orm";
import { z } from "zod";
import { modelVersions, registeredModels } from "@/db/schema";
import {
  attributeCondition,
  attributeOrder,
  compareText,
  millisAttribute,
  numberAttribute,
  parseFilter,
  parseOrder,
  textAttribute,
  type AttributeTable,
} from "@/server/experiments";
import { groupBy } from "@/server/core/group-by";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { findVersions } from "./load";
import { aliasesOfModels } from "./newest";
import { STAGES, SearchModelsInput, SearchVersionsInput } from "./schemas";

const READ = "registry.model.read" as const;
const Offset = z.tuple([z.number().int().min(0)]);
const PROMPT_TAG = "mlflow.prompt.is_prompt";

const MODELS: AttributeTable = {
  name: textAttribute(registeredModels.name),
  creation_timestamp: millisAttribute(registeredModels.createdAt),
  last_updated_timestamp: millisAttribute(registeredModels.updatedAt),
};
const VERSIONS: AttributeTable = {
  name: textAttribute(registeredModels.name),
  run_id: textAttribute(sql`coalesce(${modelVersions.runId}, ${modelVersions.reference} ->> 'runId')`),
  source_path: textAttribute(modelVersions.source),
  version_number: numberAttribute(modelVersions.number),
  version: numberAttribute(modelVersions.number),
  current_stage: textAttribute(modelVersions.stage),
  creation_timestamp: millisAttribute(modelVersions.createdAt),
  last_updated_timestamp: millisAttribute(modelVersions.updatedAt),
};

function conditionsOf(filter: string, what: string, attributes: AttributeTable, tags: AnyColumn): SQL[] {
  return parseFilter(filter).map((comparison) => {
    if (comparison.kind !== "tag") return attributeCondition(what, attributes, comparison);
    const value = sql`(${tags} ->> ${comparison.key}::text)`;
    const isPromptFilter = comparison.key === PROMPT_TAG;
    const absentMatches =
      isPromptFilter &&
      ((comparison.operator === "=" && comparison.value === "false") ||
        (comparison.operator === "!=" && comparison.value === "true"));
    return absentMatches
      ? sql`(${value} is null or ${compareText(value, comparison)})`
      : compareText(value, comparison);
  });
}

/** Prompts are hidden unless the filter names their tag. */
const noPrompts = (filter: string, tags: AnyColumn): SQL[] =>
  filter.includes(PROMPT_TAG) ? [] : [sql`coalesce(${tags} ->> ${PROMPT_TAG}, 'false') <> 'true'`];

const orderOf = (terms: readonly string[], what: string, attributes: AttributeTable): SQL[] =>
  terms.map((term) => attributeOrder(what, attributes, parseOrder(term)));

/** Registered models with the newest version of each stage. */
export const searchModels = query(
  {
    name: "registry.model.search",
    permission: READ,
    input: SearchModelsInput,
    summary: "Search registered models",
  },
  async ({ ctx, input }) => {
    const [offset] = decodeCursor(input.pageToken, Offset) ?? [0];
    const rows = await ctx.db
      .select()
      .from(registeredModels)
      .where(
        and(
          eq(registeredModels.teamId, ctx.actor.teamId),
          isNull(registeredModels.archivedAt),
          ...noPrompts(input.filter, registeredModels.tags),
          ...conditionsOf(input.filter, "registered models", MODELS, registeredModels.tags),
        ),
      )
      .orderBy(
        ...orderOf(input.orderBy, "registered models", MODELS),
        sql`${registeredModels.name} collate "C"`,
      )
      .offset(offset)
      .limit(input.maxResults + 1);
    const page = rows.slice(0, input.maxResults);
    const ids = page.map((row) => row.id);
    const latest =
      ids.length === 0
        ? []
        : await findVersions(
            ctx,
            [
              sql`(${modelVersions.modelId}, ${modelVersions.number}) in (select v.model_id, max(v.number) from model_versions v where v.model_id in ${ids} and v.state <> 'deleted' group by v.model_id, v.stage)`,
            ],
            [sql`${modelVersions.number} desc`],
            0,
            ids.length * STAGES.length,
          );
    const aliases = await aliasesOfModels(ctx, ids);
    const byModel = groupBy(latest, (version) => version.modelId);
    return {
      items: page.map((row) => ({
        ...row,
        latestVersions: byModel.get(row.id) ?? [],
        aliases: aliases.get(row.id) ?? [],
      })),
      nextCursor: rows.length > input.maxResults ? encodeCursor([offset + input.maxResults]) : null,
    };
  },
);

export const searchVersions = query(
  {
    name: "registry.version.search",
    permission: READ,
    input: SearchVersionsInput,
    summary: "Search model versions",
  },
  async ({ ctx, input }) => {
    const [offset] = decodeCursor(input.pageToken, Offset) ?? [0];
    const rows = await findVersions(
      ctx,
      [
        ...noPrompts(input.filter, modelVersions.tags),
        ...conditionsOf(input.filter, "model versions", VERSIONS, modelVersions.tags),
      ],
      [
        ...orderOf(
          input.orderBy.length > 0 ? input.orderBy : ["last_updated_timestamp DESC"],
          "model versions",
          VERSIONS,
        ),
        sql`${registeredModels.name} collate "C" asc`,
        sql`${modelVersions.number} desc`,
      ],
      offset,
      input.maxResults + 1,
    );
    return {
      items: rows.slice(0, input.maxResults),
      nextCursor: rows.length > input.maxResults ? encodeCursor([offset + input.maxResults]) : null,
    };
  },
);
