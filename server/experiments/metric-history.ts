import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { int64Of, type Int64 } from "@/server/core/int64";
import { pointsOfSeries } from "./metric-points";

const Whole = z.union([z.number(), z.string().regex(/^-?\d{1,20}$/)]);
/** Step, time and value of the last point of a page, and whether it is NaN (then 1). */
export const HistoryCursor = z.tuple([Whole, Whole, z.number(), z.number()]);

export interface HistoryPoint {
  runId: string;
  key: string;
  step: Int64;
  timestampMs: Int64;
  /** 0 where it is NaN. */
  value: number;
  isNan: boolean;
  modelId: string;
  datasetName: string | null;
  datasetDigest: string | null;
}

interface Told extends Omit<HistoryPoint, "step" | "timestampMs">, Record<string, unknown> {
  step: string;
  timestampMs: string;
}

/** Measurements of one metric of a run by step, time and value, each once, though log_model logs points once more under the model's id. */
export async function pointsAfter(
  db: Db,
  input: { runId: string; key: string; after: z.output<typeof HistoryCursor> | undefined; limit: number },
): Promise<HistoryPoint[]> {
  const { after, limit } = input;
  const beyond = after
    ? sql`m.again is null and m.step >= ${String(after[0])}::bigint and (m.step, m.timestamp_ms, m.value) > (${String(after[0])}::bigint, ${String(after[1])}::bigint, ${after[3] === 1 ? "NaN" : after[2]}::float8)`
    : sql`m.again is null`;
  // By series, each of which the index has in this order.
  const { rows } = await db.execute<Told>(sql`
    select s.run_id as "runId", s.key, p.step::text as step, p.timestamp_ms::text as "timestampMs",
      case when p.value = 'NaN' then 0 else p.value end as value, p.value = 'NaN' as "isNan", s.model_id as "modelId",
      d.name as "datasetName", d.digest as "datasetDigest"
    from metric_series s cross join lateral ${pointsOfSeries(beyond, limit)} p
    left join metric_datasets d on d.id = p.dataset_id
    where s.run_id = ${input.runId} and s.key = ${input.key}
    order by p.step, p.timestamp_ms, p.value limit ${limit}`);
  return rows.map((row) => ({ ...row, step: int64Of(row.step), timestampMs: int64Of(row.timestampMs) }));
}
