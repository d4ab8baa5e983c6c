import { sql, type SQL } from "drizzle-orm";
import { loggedModels, runs } from "@/db/schema";
import type { Ctx } from "@/server/core/context";
import { groupBy } from "@/server/core/group-by";
import { int64Of, type Int64 } from "@/server/core/int64";
import { pointsOfSeries } from "./metric-points";

export interface ModelMetric {
  key: string;
  value: number;
  timestampMs: Int64;
  step: Int64;
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
  sql`s.model_id <> '' and exists (select 1 from ${runs} where ${runs.id} = s.run_id and ${runs.teamId} = ${teamId})`;

/** Points of logged models with the data that they were measured on. */
const POINTS = sql`metric_series s cross join lateral ${pointsOfSeries()} p left join metric_datasets d on d.id = p.dataset_id`;
const newest = sql`p.step desc, p.timestamp_ms desc, case when p.value = 'NaN' then 0 else p.value end desc`;

interface Row extends Record<string, unknown>, Omit<ModelMetric, "step" | "timestampMs"> {
  step: string;
  timestampMs: string;
}

/** The latest value of each metric, on each dataset, that was logged for these models. */
export async function metricsOfModels(ctx: Ctx, ids: readonly string[]): Promise<Map<string, ModelMetric[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await ctx.db.execute<Row>(sql`
    select distinct on (s.model_id, s.key, d.name, d.digest) s.key, case when p.value = 'NaN' then 0 else p.value end as value,
      p.timestamp_ms::text as "timestampMs", p.step::text as step, p.value = 'NaN' as "isNan", s.run_id as "runId", s.model_id as "modelId",
      d.name as "datasetName", d.digest as "datasetDigest"
    from ${POINTS} where s.model_id = any(${sql.param(ids)}::text[]) and ${ownRun(ctx.actor.teamId)}
    order by s.model_id, s.key, d.name, d.digest, ${newest}`);
  const metrics = rows.map((row) => ({
    ...row,
    step: int64Of(row.step),
    timestampMs: int64Of(row.timestampMs),
  }));
  return groupBy(metrics, (metric) => metric.modelId);
}

const onDatasets = (datasets: readonly DatasetPair[]): SQL => {
  if (datasets.length === 0) return sql`true`;
  const pairs = datasets.map(({ name, digest }) =>
    digest ? sql`(d.name = ${name} and d.digest = ${digest})` : sql`d.name = ${name}`,
  );
  return sql`(${sql.join(pairs, sql` or `)})`;
};

/** The latest value of one metric of the model of the outer query, as an expression; null where it was never measured. */
export const latestMetric = (teamId: string, key: string, datasets: readonly DatasetPair[]): SQL =>
  sql`(select p.value from ${POINTS} where s.model_id = ${loggedModels.id} and s.key = ${key}
    and p.value <> 'NaN' and ${onDatasets(datasets)} and ${ownRun(teamId)} order by ${newest} limit 1)`;

/** Whether anything was measured for the model of the outer query on one of the datasets. */
export const measuredOn = (teamId: string, datasets: readonly DatasetPair[]): SQL =>
  sql`exists (select 1 from ${POINTS} where s.model_id = ${loggedModels.id} and ${onDatasets(datasets)} and ${ownRun(teamId)})`;
