import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

const DAYS_AHEAD = 3;

/**
 * Makes the partitions of the coming days and drops those of days that ended more than `retentionDays` ago. Deliveries that wait or were given
 * up stay, with their events, until they are decided. Done again, or by two at once, it does the same.
 */
export async function retainEvents(
  db: Db,
  now: Date,
  retentionDays: number,
): Promise<{ made: number; dropped: number }> {
  const from = now.toISOString();
  const { rows: made } = await db.execute<{ days: number }>(
    sql`select modelworks_add_outbox_days(${from}::timestamptz, ${DAYS_AHEAD}) as days`,
  );
  const { rows: dropped } = await db.execute<{ days: number }>(
    sql`select modelworks_drop_outbox_before(${from}::timestamptz - make_interval(days => ${retentionDays})) as days`,
  );
  return { made: made[0]?.days ?? 0, dropped: dropped[0]?.days ?? 0 };
}
