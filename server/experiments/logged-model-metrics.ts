import { and, inArray, sql, type SQL } from "drizzle-orm";
import { loggedModels, runMetrics, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";

export interface ModelMetric {
  key: string;
  value: number;
  timestampMs: number;
  step: number;
  isNan: boolean;
  runId: string;
  modelId: string;
  datasetName: string | null;
  datasetDigest: string | null;
}

export interface DatasetPair {
  name: string;
  digest?: string | null | undefined;
}

/** A run of another team may name our model; what it logged does not count. The second half lets the partial index serve. */
const ownRun = (teamId: string): SQL =>
  sql`${runMetrics.modelId} <> '' and exists (select 1 from ${runs} where ${runs.id} = ${runMetrics.runId} and ${runs.teamId} = ${teamId})`;

const newest = sql`${runMetrics.step} desc, ${runMetrics.timestampMs} desc, ${runMetrics.value} desc`;

/** The latest value of each metric, on each dataset, that was logged for these models. */
export async function metricsOfModels(ctx: Ctx, ids: readonly string[]): Promise<Map<string, ModelMetric[]>> {
  const found = new Map<string, ModelMetric[]>();
  if (ids.length === 0) return found;
  const rows = await ctx.db
    .selectDistinctOn([runMetrics.modelId, runMetrics.key, runMetrics.datasetName, runMetrics.datasetDigest])
    .from(runMetrics)
    .where(and(inArray(runMetrics.modelId, [...ids]), ownRun(ctx.actor.teamId)))
    .orderBy(runMetrics.modelId, runMetrics.key, runMetrics.datasetName, runMetrics.datasetDigest, newest);
  for (const row of rows) found.set(row.modelId, [...(found.get(row.modelId) ?? []), row]);
  return found;
}

const onDatasets = (datasets: readonly DatasetPair[]): SQL => {
  if (datasets.length === 0) return sql`true`;
  const pairs = datasets.map(({ name, digest }) =>
    digest
      ? sql`(${runMetrics.datasetName} = ${name} and ${runMetrics.datasetDigest} = ${digest})`
      : sql`${runMetrics.datasetName} = ${name}`,
  );
  return sql`(${sql.join(pairs, sql` or `)})`;
};

/** The latest value of one metric of the model of the outer query, as an expression; null where it was never measured. */
export const latestMetric = (teamId: string, key: string, datasets: readonly DatasetPair[]): SQL =>
  sql`(select ${runMetrics.value} from ${runMetrics} where ${runMetrics.modelId} = ${loggedModels.id} and ${runMetrics.key} = ${key}
    and not ${runMetrics.isNan} and ${onDatasets(datasets)} and ${ownRun(teamId)} order by ${newest} limit 1)`;

/** Whether anything was measured for the model of the outer query on one of the datasets. */
export const measuredOn = (teamId: string, datasets: readonly DatasetPair[]): SQL =>
  sql`exists (select 1 from ${runMetrics} where ${runMetrics.modelId} = ${loggedModels.id} and ${onDatasets(datasets)} and ${ownRun(teamId)})`;
