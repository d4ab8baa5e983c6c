import { and, eq, inArray, isNull, sql, type AnyColumn, type SQL } from "drizzle-orm";
import { z } from "zod";
import { modelAliases, modelVersions, registeredModels } from "@/db/schema";
import { compare, parseFilter, parseOrder } from "@/server/experiments";
import { invalid } from "@/server/core/errors";
import { groupBy } from "@/server/core/group-by";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { findVersions, loadModel, versionsOf } from "./load";
import { LatestVersionsInput, SearchModelsInput, SearchVersionsInput } from "./schemas";

const READ = "registry.model.read" as const;
const Offset = z.tuple([z.number().int().min(0)]);
const PROMPT_TAG = "mlflow.prompt.is_prompt";

const millis = (column: AnyColumn) => sql`(extract(epoch from ${column}) * 1000)`;
const MODEL_COLUMNS: Record<string, AnyColumn | SQL> = {
  name: registeredModels.name,
  creation_timestamp: millis(registeredModels.createdAt),
  last_updated_timestamp: millis(registeredModels.updatedAt),
};
const VERSION_COLUMNS: Record<string, AnyColumn | SQL> = {
  name: registeredModels.name,
  run_id: modelVersions.runId,
  source_path: modelVersions.source,
  version_number: modelVersions.number,
  version: modelVersions.number,
  creation_timestamp: millis(modelVersions.createdAt),
  last_updated_timestamp: millis(modelVersions.updatedAt),
};

function columnOf(columns: Record<string, AnyColumn | SQL>, key: string): AnyColumn | SQL {
  const column = columns[key];
  if (!column)
    throw invalid(
      `Invalid filter: there is no attribute "${key}".`,
      `Use one of ${Object.keys(columns).join(", ")}.`,
    );
  return column;
}

function conditionsOf(filter: string, columns: Record<string, AnyColumn | SQL>, tags: AnyColumn): SQL[] {
  return parseFilter(filter).map((comparison) => {
    if (comparison.kind !== "tag") return compare(columnOf(columns, comparison.key), comparison);
    const value = sql`(${tags} ->> ${comparison.key}::text)`;
    const isPromptFilter = comparison.key === PROMPT_TAG;
    const absentMatches =
      isPromptFilter &&
      ((comparison.operator === "=" && comparison.value === "false") ||
        (comparison.operator === "!=" && comparison.value === "true"));
    return absentMatches
      ? sql`(${value} is null or ${compare(value, comparison)})`
      : compare(value, comparison);
  });
}

const orderOf = (terms: readonly string[], columns: Record<string, AnyColumn | SQL>): SQL[] =>
  terms.map((term) => {
    const { key, descending } = parseOrder(term);
    return descending ? sql`${columnOf(columns, key)} desc` : sql`${columnOf(columns, key)} asc`;
  });

/** Registered models with their newest version; prompts are hidden unless the filter names their tag. */
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
          input.filter.includes(PROMPT_TAG)
            ? undefined
            : sql`coalesce(${registeredModels.tags} ->> ${PROMPT_TAG}, 'false') <> 'true'`,
          ...conditionsOf(input.filter, MODEL_COLUMNS, registeredModels.tags),
        ),
      )
      .orderBy(...orderOf(input.orderBy, MODEL_COLUMNS), registeredModels.name)
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
              sql`${modelVersions.modelId} in ${ids}`,
              sql`${modelVersions.number} = (select max(v.number) from model_versions v where v.model_id = ${modelVersions.modelId} and v.state <> 'deleted')`,
            ],
            [],
            0,
            ids.length,
          );
    const aliases =
      ids.length === 0
        ? []
        : await ctx.db
            .select({
              modelId: modelAliases.modelId,
              alias: modelAliases.alias,
              number: modelVersions.number,
            })
            .from(modelAliases)
            .innerJoin(modelVersions, eq(modelVersions.id, modelAliases.versionId))
            .where(inArray(modelAliases.modelId, ids));
    const byModel = groupBy(latest, (version) => version.modelId);
    const aliasesOf = groupBy(aliases, (row) => row.modelId);
    return {
      items: page.map((row) => ({
        ...row,
        latestVersion: byModel.get(row.id)?.[0] ?? null,
        aliases: aliasesOf.get(row.id) ?? [],
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
      conditionsOf(input.filter, VERSION_COLUMNS, modelVersions.tags),
      [
        ...orderOf(input.orderBy, VERSION_COLUMNS),
        sql`${registeredModels.name} asc`,
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

/** The newest ready version of each stage that was asked for (of every stage when none was). */
export const latestVersions = query(
  {
    name: "registry.version.latest",
    permission: READ,
    input: LatestVersionsInput,
    summary: "Newest version per stage",
  },
  async ({ ctx, input }) => {
    const model = await loadModel(ctx, input.name);
    const wanted = input.stages.map((stage) => stage.toLowerCase());
    const newest = new Map<string, Awaited<ReturnType<typeof versionsOf>>[number]>();
    for (const version of await versionsOf(ctx, model.id)) {
      if (version.state !== "ready" || newest.has(version.stage)) continue;
      if (wanted.length === 0 || wanted.includes(version.stage.toLowerCase()))
        newest.set(version.stage, version);
    }
    return [...newest.values()];
  },
);
