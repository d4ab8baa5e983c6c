import { sql, type SQL } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { Counted } from "./health-rules";

type CountRow = Record<keyof Omit<Counted, "scoreSum" | "buckets"> | "score_sum", number> & {
  buckets: Counted["buckets"] | null;
};

/** What a deployment counted from one second to another. */
export async function counted(
  db: Db,
  deploymentId: string,
  from: number,
  to: number,
  more: SQL = sql`true`,
): Promise<Counted> {
  const { rows } = await db.execute<CountRow>(sql`
    with picked as (select * from traffic_seconds where deployment_id = ${deploymentId} and second >= ${from} and second < ${to} and ${more})
    select coalesce(sum(requests), 0)::int as requests, coalesce(sum(errors), 0)::int as errors, coalesce(sum(slow), 0)::int as slow,
      coalesce(sum(feedback), 0)::int as feedback, coalesce(sum(correct), 0)::int as correct, coalesce(sum(scored), 0)::int as scored,
      coalesce(sum(score_sum), 0)::float8 as score_sum,
      (select jsonb_object_agg(key, n) from (select b.key, sum(b.value::int) as n from picked, jsonb_each_text(latency_buckets) b group by 1) x) as buckets
    from picked`);
  const [row] = rows;
  return {
    requests: row?.requests ?? 0,
    errors: row?.errors ?? 0,
    slow: row?.slow ?? 0,
    feedback: row?.feedback ?? 0,
    correct: row?.correct ?? 0,
    scored: row?.scored ?? 0,
    scoreSum: row?.score_sum ?? 0,
    buckets: row?.buckets ?? {},
  };
}
