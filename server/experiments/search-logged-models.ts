import { and, eq, inArray, isNull, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { loggedModels } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { invalid } from "@/server/core/errors";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { experimentNumbers } from "./load";
import { latestMetric, measuredOn, metricsOfModels } from "./logged-model-metrics";
import { SearchLoggedModelsInput } from "./schemas";
import {
  attributeCondition,
  attributeOrder,
  millisAttribute,
  textAttribute,
  type AttributeTable,
} from "./search-attributes";
import { parseFilter, parseOrder, type Comparison } from "./search-filter";
import { compare, compareText, refuseNull } from "./search-sql";

type Input = z.output<typeof SearchLoggedModelsInput>;

const WHAT = "logged models";
const created = millisAttribute(loggedModels.createdAt);
const updated = millisAttribute(loggedModels.updatedAt);
const ATTRIBUTES: AttributeTable = {
  name: textAttribute(loggedModels.name),
  model_id: textAttribute(loggedModels.id),
  model_type: textAttribute(loggedModels.modelType),
  // The grammar says READY where the messages say LOGGED_MODEL_READY.
  status: textAttribute(sql`replace(${loggedModels.status}, 'LOGGED_MODEL_', '')`),
  source_run_id: textAttribute(loggedModels.sourceRunId),
  creation_timestamp: created,
  creation_time: created,
  last_updated_timestamp: updated,
  last_updated_time: updated,
};

function condition(ctx: Ctx, input: Input, comparison: Comparison): SQL {
  const { kind, key, value } = comparison;
  if (kind === "metric") refuseNull(comparison);
  if (kind === "tag") return compareText(sql`(${loggedModels.tags} ->> ${key}::text)`, comparison);
  if (kind === "param") return compareText(sql`(${loggedModels.params} ->> ${key}::text)`, comparison);
  if (kind !== "metric") return attributeCondition(WHAT, ATTRIBUTES, comparison);
  if (typeof value !== "number" && typeof value !== "bigint")
    throw invalid(`Invalid filter: metric ${key} wants a number.`, "Compare it with a number, unquoted.");
  return compare(latestMetric(ctx.actor.teamId, key, input.datasets), comparison);
}

function orderOf(ctx: Ctx, input: Input): SQL[] {
  return input.orderBy.map(({ field, ascending, datasetName, datasetDigest }) => {
    const term = { ...parseOrder(field), descending: !ascending };
    if (term.kind !== "metric") return attributeOrder(WHAT, ATTRIBUTES, term);
    const datasets = datasetName ? [{ name: datasetName, digest: datasetDigest }] : input.datasets;
    const value = latestMetric(ctx.actor.teamId, term.key, datasets);
    return ascending ? sql`${value} asc nulls last` : sql`${value} desc nulls last`;
  });
}

/** The creation time as the database holds it, so that the cursor is exact. */
const createdKey = sql<string>`${loggedModels.createdAt}::text`;

/** Newest first pages by key; any other order by how many rows were seen. */
const ByKey = z.tuple([z.string(), z.string()]);
const ByOffset = z.tuple([z.number().int().min(0)]);

function afterKey(input: Input): SQL | undefined {
  const after = input.orderBy.length === 0 ? decodeCursor(input.pageToken, ByKey) : undefined;
  if (!after) return undefined;
  return sql`(${loggedModels.createdAt}, ${loggedModels.id}) < (${after[0]}::timestamptz, ${after[1]})`;
}

export const searchLoggedModels = query(
  {
    name: "experiments.logged-model.search",
    permission: "experiments.run.read",
    input: SearchLoggedModelsInput,
    summary: "Search logged models",
  },
  async ({ ctx, input }) => {
    const ids = await experimentNumbers(ctx, input.experimentIds);
    const comparisons = parseFilter(input.filter);
    const onlyMeasured =
      input.datasets.length > 0 && !comparisons.some((comparison) => comparison.kind === "metric");
    const ordered = input.orderBy.length > 0;
    const [offset] = (ordered ? decodeCursor(input.pageToken, ByOffset) : undefined) ?? [0];
    const rows = await ctx.db
      .select({ model: loggedModels, createdKey })
      .from(loggedModels)
      .where(
        and(
          eq(loggedModels.teamId, ctx.actor.teamId),
          inArray(loggedModels.experimentId, ids),
          isNull(loggedModels.deletedAt),
          afterKey(input),
          onlyMeasured ? measuredOn(ctx.actor.teamId, input.datasets) : undefined,
          ...comparisons.map((comparison) => condition(ctx, input, comparison)),
        ),
      )
      .orderBy(...orderOf(ctx, input), sql`${loggedModels.createdAt} desc, ${loggedModels.id} desc`)
      .offset(offset)
      .limit(input.maxResults + 1);
    const page = rows.slice(0, input.maxResults);
    const metrics = await metricsOfModels(
      ctx,
      page.map((row) => row.model.id),
    );
    const items = page.map(({ model }) => ({ ...model, metrics: metrics.get(model.id) ?? [] }));
    const last = page.at(-1);
    if (!last || rows.length <= input.maxResults) return { items, nextCursor: null };
    const next = ordered ? [offset + input.maxResults] : [last.createdKey, last.model.id];
    return { items, nextCursor: encodeCursor(next) };
  },
);
