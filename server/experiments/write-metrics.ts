import { namedStatement, type Db } from "@/db/client";
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
 * answer names the runs (by their place) that were written. The primary key makes a replayed request harmless. The latest value of a key
 * is its highest (step, timestamp, value); a NaN is stored as 0 with a mark and, where all else is equal, comes after 0: so the outcome
 * does not depend on the order of arrival. Rows are locked in one order, so that two portals do not wait for each other.
 */
const insertPoints = namedStatement(
  "write_metrics",
  `with wanted as (
    select * from unnest($1::text[], $2::text[]) with ordinality as t(run_id, team_id, place)
  ), writable as (
    select w.place, r.id from wanted w
    join runs r on r.id = w.run_id and r.team_id = w.team_id and r.lifecycle = 'active'
  ), points as (
    select w.id as run_id, p.key, p.step, p.timestamp_ms,
      case when p.value = 'NaN' then 0 else p.value end as value, p.value = 'NaN' as is_nan,
      coalesce(p.model_id, '') as model_id, p.dataset_name, p.dataset_digest
    from unnest($3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::float8[], $8::text[], $9::text[], $10::text[])
      as p(place, key, step, timestamp_ms, value, model_id, dataset_name, dataset_digest)
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
  select place::int as place from writable`,
);

/** An array literal of numbers; the driver's own conversion quotes and escapes each element. */
const literal = (numbers: readonly number[]) => `{${numbers.join(",")}}`;

class Columns {
  private readonly runs: number[] = [];
  private readonly keys: string[] = [];
  private readonly steps: number[] = [];
  private readonly timestamps: number[] = [];
  private readonly values: number[] = [];
  private readonly models: (string | null)[] = [];
  private readonly datasetNames: (string | null)[] = [];
  private readonly datasetDigests: (string | null)[] = [];
  private described = false;

  add(run: number, point: MetricInput) {
    this.runs.push(run);
    this.keys.push(point.key);
    this.steps.push(point.step);
    this.timestamps.push(point.timestamp);
    this.values.push(point.value);
    this.models.push(point.model_id ?? null);
    this.datasetNames.push(point.dataset_name ?? null);
    this.datasetDigests.push(point.dataset_digest ?? null);
    this.described ||= Boolean(point.model_id ?? point.dataset_name ?? point.dataset_digest);
  }

  /** In the order of the statement. Most points have no model and no dataset; unnest fills a shorter array with nulls. */
  parameters() {
    const numbers = [this.steps, this.timestamps, this.values].map(literal);
    const rare = this.described ? [this.models, this.datasetNames, this.datasetDigests] : [[], [], []];
    return [literal(this.runs), this.keys, ...numbers, ...rare];
  }
}

/** Writes entries in one statement and tells of each whether its run could be written to. */
export async function writeMetrics(db: Db, entries: readonly MetricEntry[]): Promise<boolean[]> {
  const places = new Map<string, number>();
  const runIds: string[] = [];
  const teamIds: string[] = [];
  const columns = new Columns();
  const placeOf = entries.map(({ runId, teamId, metrics }) => {
    const name = `${teamId}/${runId}`;
    let place = places.get(name);
    if (place === undefined) {
      runIds.push(runId);
      teamIds.push(teamId);
      place = runIds.length;
      places.set(name, place);
    }
    for (const metric of metrics) columns.add(place, metric);
    return place;
  });
  if (entries.every((entry) => entry.metrics.length === 0)) return entries.map(() => true);
  const rows = await insertPoints(db, [runIds, teamIds, ...columns.parameters()]);
  const written = new Set(rows.map((row) => row.place));
  return placeOf.map((place) => written.has(place));
}

/** Points in one statement; beyond this, statements side by side are faster. A request of up to 1,000 points stays whole. */
const MAX_POINTS = 500;
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
