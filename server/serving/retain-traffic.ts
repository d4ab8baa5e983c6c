import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Partitions are made ahead, so that a worker that is away for weeks stops nothing. */
const DAYS_AHEAD = 35;
const DAY_MS = 86_400_000;

/**
 * Makes the partitions of the coming days and drops those of days that ended more than `retentionDays` ago. When a version was first asked stays
 * (`first_traffic`): the numbers of the line look back further than its charts.
 */
export async function retainTraffic(
  db: Db,
  now: Date,
  retentionDays: number,
): Promise<{ made: number; dropped: string[]; deleted: number }> {
  const cutoff = new Date((Math.floor(now.getTime() / DAY_MS) - retentionDays) * DAY_MS);
  const made = await db.execute<{ n: number }>(
    sql`select modelworks_add_traffic_days(${now.toISOString()}::timestamptz, ${DAYS_AHEAD}) as n`,
  );
  const dropped = await db.execute<{ name: string }>(
    sql`select modelworks_drop_traffic_before(${cutoff.toISOString()}::timestamptz) as name`,
  );
  // What no day of its own held: the oldest partition's and the rest's.
  const { rowCount } = await db.execute(
    sql`delete from traffic_seconds where second < ${Math.floor(cutoff.getTime() / 1000)}`,
  );
  return {
    made: made.rows[0]?.n ?? 0,
    dropped: dropped.rows.map((row) => row.name),
    deleted: rowCount ?? 0,
  };
}
