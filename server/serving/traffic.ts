import { sql, type SQL } from "drizzle-orm";
import type { Db } from "@/db/client";

/** Whose second it is: what `traffic_seconds` is keyed by. */
export interface TrafficKey {
  deploymentId: string;
  versionId: string;
  arm: string;
  rolloutId: string;
  stage: number;
  /** Seconds since the epoch, of the request. */
  second: number;
}

interface TrafficCounts {
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  measured: number;
  absErrorSum: number;
  squaredErrorSum: number;
  fourthErrorSum: number;
  scored: number;
  scoreSum: number;
  latencySumMs: number;
  latencyMaxMs: number;
  latencyBuckets: Record<number, number>;
}

const zero = (): TrafficCounts => ({
  requests: 0,
  errors: 0,
  slow: 0,
  feedback: 0,
  correct: 0,
  measured: 0,
  absErrorSum: 0,
  squaredErrorSum: 0,
  fourthErrorSum: 0,
  scored: 0,
  scoreSum: 0,
  latencySumMs: 0,
  latencyMaxMs: 0,
  latencyBuckets: {},
});

/** Keeps when each version was first asked in a deployment. Hardly ever writes: nothing is locked where it is known to have been earlier. */
async function keepFirst(db: Db, keys: readonly TrafficKey[]): Promise<void> {
  const column = <T>(pick: (key: TrafficKey) => T) => sql.param(keys.map(pick));
  await db.execute(sql`
    insert into first_traffic as k (version_id, deployment_id, second)
    select t.version_id, t.deployment_id, min(t.second)
    from unnest(${column((key) => key.versionId)}::text[], ${column((key) => key.deploymentId)}::text[], ${column((key) => key.second)}::bigint[])
      as t(version_id, deployment_id, second)
    where not exists (select 1 from first_traffic f where f.version_id = t.version_id and f.deployment_id = t.deployment_id and f.second <= t.second)
    group by 1, 2 order by 1, 2
    on conflict (version_id, deployment_id) do update set second = excluded.second where excluded.second < k.second`);
}

/** Sums counts per second before they are written, so that a batch touches each row once. */
export class TrafficTally {
  private readonly rows = new Map<string, { key: TrafficKey; counts: TrafficCounts }>();

  /** The counts of a second, to be added to. */
  at(key: TrafficKey): TrafficCounts {
    const name = [key.deploymentId, key.versionId, key.arm, key.rolloutId, key.stage, key.second].join("\n");
    const row = this.rows.get(name) ?? { key, counts: zero() };
    this.rows.set(name, row);
    return row.counts;
  }

  /** Adds everything to `traffic_seconds` in the caller's transaction. Rows go in one order, so that two writers cannot wait for each other. */
  async write(db: Db): Promise<void> {
    const rows = [...this.rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    if (rows.length === 0) return;
    const column = <T>(pick: (row: { key: TrafficKey; counts: TrafficCounts }) => T) =>
      sql.param(rows.map(pick));
    await keepFirst(
      db,
      rows.map((row) => row.key),
    );
    await db.execute(sql`
      insert into traffic_seconds as t (deployment_id, version_id, arm, rollout_id, stage, second,
        requests, errors, slow, feedback, correct, measured, abs_error_sum, squared_error_sum, fourth_error_sum, scored, score_sum, latency_sum_ms, latency_max_ms, latency_buckets)
      select * from unnest(
        ${column((row) => row.key.deploymentId)}::text[], ${column((row) => row.key.versionId)}::text[],
        ${column((row) => row.key.arm)}::text[], ${column((row) => row.key.rolloutId)}::text[],
        ${column((row) => row.key.stage)}::int[], ${column((row) => row.key.second)}::bigint[],
        ${column((row) => row.counts.requests)}::int[], ${column((row) => row.counts.errors)}::int[],
        ${column((row) => row.counts.slow)}::int[], ${column((row) => row.counts.feedback)}::int[],
        ${column((row) => row.counts.correct)}::int[],
        ${column((row) => row.counts.measured)}::int[], ${column((row) => row.counts.absErrorSum)}::float8[],
        ${column((row) => row.counts.squaredErrorSum)}::float8[], ${column((row) => row.counts.fourthErrorSum)}::float8[],
        ${column((row) => row.counts.scored)}::int[], ${column((row) => row.counts.scoreSum)}::float8[], ${column((row) => row.counts.latencySumMs)}::float8[],
        ${column((row) => row.counts.latencyMaxMs)}::float8[],
        ${column((row) => JSON.stringify(row.counts.latencyBuckets))}::jsonb[])
      on conflict (deployment_id, version_id, arm, rollout_id, stage, second) do update set
        requests = t.requests + excluded.requests, errors = t.errors + excluded.errors,
        slow = t.slow + excluded.slow, feedback = t.feedback + excluded.feedback,
        correct = t.correct + excluded.correct,
        measured = t.measured + excluded.measured, abs_error_sum = t.abs_error_sum + excluded.abs_error_sum,
        squared_error_sum = t.squared_error_sum + excluded.squared_error_sum,
        fourth_error_sum = t.fourth_error_sum + excluded.fourth_error_sum,
        scored = t.scored + excluded.scored, score_sum = t.score_sum + excluded.score_sum, latency_sum_ms = t.latency_sum_ms + excluded.latency_sum_ms,
        latency_max_ms = greatest(t.latency_max_ms, excluded.latency_max_ms),
        latency_buckets = case when excluded.latency_buckets = '{}' then t.latency_buckets else (
          select jsonb_object_agg(b.key, b.total) from (
            select e.key, sum(e.value::int) as total from (
              select * from jsonb_each_text(t.latency_buckets)
              union all select * from jsonb_each_text(excluded.latency_buckets)) e
            group by e.key) b) end`);
  }
}

/** The second that feedback on a prediction counts in: the prediction's own. */
export const keyOfPrediction = (row: {
  deploymentId: string;
  versionId: string;
  arm: string;
  rolloutId: string;
  stage: number;
  atMs: number;
}): TrafficKey => ({
  deploymentId: row.deploymentId,
  versionId: row.versionId,
  arm: row.arm,
  rolloutId: row.rolloutId,
  stage: row.stage,
  second: Math.floor(row.atMs / 1000),
});

/**
 * Sets what is known of the outcomes of these seconds, in the caller's transaction. `sums`: a query that gives for each second its key and `n`,
 * `correct`, `measured`, `e1`, `e2`, `e4` (sums of the first, second and fourth power of the absolute error).
 */
export async function setOutcomes(db: Db, keys: readonly TrafficKey[], sums: SQL): Promise<void> {
  // Bounds, so that days in which nothing changes are left alone.
  const [first, last] = [Math.min, Math.max].map((of) =>
    keys.reduce((bound, { second }) => of(bound, second), keys[0]?.second ?? 0),
  );
  await db.execute(sql`
    update traffic_seconds t set feedback = s.n, correct = s.correct, measured = s.measured, abs_error_sum = s.e1,
      squared_error_sum = s.e2, fourth_error_sum = s.e4
    from (${sums}) s where t.deployment_id = s.deployment_id and t.version_id = s.version_id and t.arm = s.arm
      and t.rollout_id = s.rollout_id and t.stage = s.stage and t.second = s.second
      and t.second between ${first} and ${last}`);
}

/** Failures of a canary one after another: how many were added, after the last success if `reset`. */
export async function countFailures(
  db: Db,
  rolloutId: string,
  run: { reset: boolean; added: number },
): Promise<void> {
  await db.execute(sql`
    update rollouts set consecutive_failures = ${run.added} + ${run.reset ? sql`0` : sql`consecutive_failures`}
    where id = ${rolloutId} and finished_at is null`);
}
