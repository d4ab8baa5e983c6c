import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Made ahead, so that a worker that is away for months stops nothing: until then the rest takes what comes. */
const MONTHS_AHEAD = 4;

/** Makes the partitions for points of metrics that begin in the coming months. Returns how many. */
export async function addMetricMonths(db: Db, now: Date): Promise<number> {
  const { rows } = await db.execute<{ n: number }>(
    sql`select modelworks_add_metric_months(${now.toISOString()}::timestamptz, ${MONTHS_AHEAD}) as n`,
  );
  return rows[0]?.n ?? 0;
}
