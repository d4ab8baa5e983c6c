import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Partitions are made ahead, so that a worker that is away for weeks stops nothing. */
const WEEKS_AHEAD = 5;
const ROWS_AT_ONCE = 10_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05, the first Monday. */
const MONDAY_MS = 4 * DAY_MS;

/** The week's start at or before a time: predictions and what was said of them go by whole weeks. */
export const weekStart = (ms: number): Date =>
  new Date(Math.floor((ms - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS);

export interface Retained {
  made: number;
  dropped: string[];
  /** Predictions that no partition of their own held, outcomes and corrections. */
  deleted: number;
}

async function deleteInParts(db: Db, table: "predictions" | "feedback" | "feedback_revisions", cutoff: Date) {
  const column = sql.identifier(table === "predictions" ? "at" : "prediction_at");
  const id = sql.identifier(table === "predictions" ? "id" : "prediction_id");
  let deleted = 0;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one part after another keeps each transaction short
    const { rowCount } = await db.execute(sql`
      delete from ${sql.identifier(table)} where ${column} < ${cutoff.toISOString()}::timestamptz and ${id} in (
        select ${id} from ${sql.identifier(table)} where ${column} < ${cutoff.toISOString()}::timestamptz limit ${ROWS_AT_ONCE})`);
    deleted += rowCount ?? 0;
    if (!rowCount) return deleted;
  }
}

/**
 * Makes the partitions of the coming weeks and drops those of weeks that ended more than `retentionDays` ago, with the outcomes told of their
 * predictions. What is counted per second stays: charts, rollouts' evidence and KPIs do not change.
 */
export async function retainPredictions(db: Db, now: Date, retentionDays: number): Promise<Retained> {
  const cutoff = weekStart(now.getTime() - retentionDays * DAY_MS);
  const made = await db.execute<{ n: number }>(
    sql`select modelworks_add_prediction_weeks(${now.toISOString()}::timestamptz, ${WEEKS_AHEAD}) as n`,
  );
  const dropped = await db.execute<{ name: string }>(
    sql`select modelworks_drop_predictions_before(${cutoff.toISOString()}::timestamptz) as name`,
  );
  let deleted = 0;
  for (const table of ["predictions", "feedback", "feedback_revisions"] as const) {
    // oxlint-disable-next-line no-await-in-loop -- outcomes go after their predictions, so that none is left without
    deleted += await deleteInParts(db, table, cutoff);
  }
  return { made: made.rows[0]?.n ?? 0, dropped: dropped.rows.map((row) => row.name), deleted };
}
