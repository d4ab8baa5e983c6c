import { sql, type SQL } from "drizzle-orm";
import { executeNamed, type Db } from "@/db/client";
import { isRowFault, MicroBatch } from "@/server/core/micro-batch";
import type { MetricInput } from "./schemas";

/** Points of one request: stored together or not at all. */
export interface MetricEntry {
  runId: string;
  teamId: string;
  metrics: readonly MetricInput[];
}

/**
 * The points of any number of requests in one statement. Points of a run that is missing, deleted or another team's are left out, and the
 * answer names the runs (by their place in `runs`) that were written. The primary key makes a replayed request harmless. The latest value
 * of a key is its highest (step, timestamp, value); a NaN is stored as 0 with a mark and, where all else is equal, comes after 0: so the
 * outcome does not depend on the order of arrival. Rows are locked in one order, so that two portals do not wait for each other.
 */
function statement(runs: readonly MetricEntry[], points: readonly (MetricInput & { run: number })[]): SQL {
  const column = <T>(pick: (point: MetricInput & { run: number }) => T) => sql.param(points.map(pick));
  // Most points have none of these three; unnest fills a shorter array with nulls.
  const described = points.some((point) => point.model_id || point.dataset_name || point.dataset_digest);
  const rare = (pick: (point: MetricInput) => string | null | undefined) =>
    sql.param(described ? points.map((point) => pick(point) ?? null) : []);
  return sql`
    with wanted as (
      select * from unnest(
        ${sql.param(runs.map((run) => run.runId))}::text[],
        ${sql.param(runs.map((run) => run.teamId))}::text[]
      ) with ordinality as t(run_id, team_id, place)
    ), writable as (
      select w.place, r.id from wanted w
      join runs r on r.id = w.run_id and r.team_id = w.team_id and r.lifecycle = 'active'
    ), points as (
      select w.id as run_id, p.key, p.step, p.timestamp_ms,
        case when p.value = 'NaN' then 0 else p.value end as value, p.value = 'NaN' as is_nan,
        coalesce(p.model_id, '') as model_id, p.dataset_name, p.dataset_digest
      from unnest(
        ${column((point) => point.run)}::int[],
        ${column((point) => point.key)}::text[],
        ${column((point) => point.step)}::bigint[],
        ${column((point) => point.timestamp)}::bigint[],
        ${column((point) => point.value)}::float8[],
        ${rare((point) => point.model_id)}::text[],
        ${rare((point) => point.dataset_name)}::text[],
        ${rare((point) => point.dataset_digest)}::text[]
      ) as p(place, key, step, timestamp_ms, value, model_id, dataset_name, dataset_digest)
      join writable w on w.place = p.place
    ), written as (
      insert into run_metrics (run_id, key, step, timestamp_ms, value, is_nan, model_id, dataset_name, dataset_digest)
      select * from points order by run_id, key, step, timestamp_ms
      on conflict do nothing
    ), latest as (
      insert into run_latest_metrics as known (run_id, key, step, timestamp_ms, value, is_nan)
      select distinct on (run_id, key) run_id, key, step, timestamp_ms, value, is_nan from points
      order by run_id, key, step desc, timestamp_ms desc, value desc, is_nan desc
      on conflict (run_id, key) do update set
        step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan
      where (excluded.step, excluded.timestamp_ms, excluded.value, excluded.is_nan) >
        (known.step, known.timestamp_ms, known.value, known.is_nan)
    )
    select place::int as place from writable`;
}

/** Writes entries in one statement and tells of each whether its run could be written to. */
export async function writeMetrics(db: Db, entries: readonly MetricEntry[]): Promise<boolean[]> {
  const runs = new Map<string, { entry: MetricEntry; place: number }>();
  const places = entries.map((entry) => {
    const name = `${entry.teamId}/${entry.runId}`;
    const known = runs.get(name) ?? { entry, place: runs.size + 1 };
    runs.set(name, known);
    return known.place;
  });
  const points = entries.flatMap(({ metrics }, index) =>
    metrics.map((metric) => ({ ...metric, run: places[index] ?? 0 })),
  );
  if (points.length === 0) return entries.map(() => true);
  const named = [...runs.values()].map((run) => run.entry);
  const rows = await executeNamed(db, "write_metrics", statement(named, points));
  const written = new Set(rows.map((row) => row.place));
  return places.map((place) => written.has(place));
}

/** Points in one statement; the protocol bounds a single request to 1,000. */
const MAX_POINTS = 4_000;
const MAX_IN_FLIGHT = 4;

const writers = new WeakMap<Db, MicroBatch<MetricEntry, boolean>>();

/** The process's writer of metrics; resolves when the points are committed, with whether their run could be written to. */
export function metricWriter(db: Db): MicroBatch<MetricEntry, boolean> {
  let writer = writers.get(db);
  if (!writer) {
    writer = new MicroBatch<MetricEntry, boolean>({
      run: (entries) => writeMetrics(db, entries),
      keyOf: (entry) => entry.runId,
      sizeOf: (entry) => entry.metrics.length,
      maxSize: MAX_POINTS,
      maxInFlight: MAX_IN_FLIGHT,
      isItemFault: isRowFault,
    });
    writers.set(db, writer);
  }
  return writer;
}
