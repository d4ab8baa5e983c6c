import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { pointsOfSeries } from "./metric-points";

/** Step, time and value of the last point of a page, and whether it is NaN (then 1). */
export const HistoryCursor = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export interface HistoryPoint extends Record<string, unknown> {
  runId: string;
  key: string;
  step: number;
  timestampMs: number;
  /** 0 where it is NaN. */
  value: number;
  isNan: boolean;
  modelId: string;
  datasetName: string | null;
  datasetDigest: string | null;
}

/** Measurements of one metric of a run by step, time and value, each once, though log_model logs points once more under the model's id. */
export async function pointsAfter(
  db: Db,
  input: { runId: string; key: string; after: z.output<typeof HistoryCursor> | undefined; limit: number },
): Promise<HistoryPoint[]> {
  const { after, limit } = input;
  const beyond = after
    ? sql`m.again is null and m.step >= ${after[0]}::bigint and (m.step, m.timestamp_ms, m.value) > (${after[0]}::bigint, ${after[1]}::bigint, ${after[3] === 1 ? "NaN" : after[2]}::float8)`
    : sql`m.again is null`;
  // By series, each of which the index has in this order.
  const { rows } = await db.execute<HistoryPoint>(sql`
    select s.run_id as "runId", s.key, p.step::float8 as step, p.timestamp_ms::float8 as "timestampMs",
      case when p.value = 'NaN' then 0 else p.value end as value, p.value = 'NaN' as "isNan", s.model_id as "modelId",
      d.name as "datasetName", d.digest as "datasetDigest"
    from metric_series s cross join lateral ${pointsOfSeries(beyond, limit)} p
    left join metric_datasets d on d.id = p.dataset_id
    where s.run_id = ${input.runId} and s.key = ${input.key}
    order by p.step, p.timestamp_ms, p.value limit ${limit}`);
  return rows;
}
