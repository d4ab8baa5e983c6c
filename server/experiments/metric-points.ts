import { sql, type SQL } from "drizzle-orm";

/**
 * Points of the series `s` of the outer query, for a lateral join. Asked as the two parts that have an index each: without the halves nothing would
 * find them. `more` narrows both; with `limit` each half comes in the order of a history, up to so many.
 */
export function pointsOfSeries(more: SQL = sql`true`, limit?: number): SQL {
  const end = limit === undefined ? sql`` : sql`order by m.step, m.timestamp_ms, m.value limit ${limit}`;
  const half = (which: SQL) =>
    sql`(select m.* from run_metrics m where m.series_id = s.id and ${which} and ${more} ${end})`;
  return sql`(${half(sql`m.more is null`)} union all ${half(sql`m.more is not null`)})`;
}
