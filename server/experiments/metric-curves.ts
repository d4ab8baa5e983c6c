import { asc, eq, sql, type SQL } from "drizzle-orm";
import type { Db } from "@/db/client";
import { runLatestMetrics } from "@/db/schema";
import { pointsOfSeries } from "./metric-points";
import type { MetricPoint } from "./rules";

export interface Curve {
  /** Measurements in the store. */
  total: number;
  /** NaN and infinite values among them, drawn as gaps. */
  gaps: number;
  /** By step and time; all of them while they are at most the number of buckets. */
  points: MetricPoint[];
}

/** Step and time, and the value where it is finite. */
type Place = [step: number, timestampMs: number, value?: number];

interface Bucket extends Record<string, unknown> {
  name: string;
  since: string;
  total: number;
  gaps: number;
  first: Place | null;
  last: Place | null;
  least: [value: number, step: number, timestampMs: number] | null;
  most: [value: number, step: number, timestampMs: number] | null;
  gap: Place | null;
}

export interface MetricKey {
  key: string;
  points: number;
  /** Least and greatest value that is a number. */
  min: number | null;
  max: number | null;
  nanCount: number;
}

/** What a run measured, by name. */
export async function keysOf(db: Db, runId: string): Promise<MetricKey[]> {
  const { key, points, least, greatest, nans } = runLatestMetrics;
  return db
    .select({ key, points, min: least, max: greatest, nanCount: nans })
    .from(runLatestMetrics)
    .where(eq(runLatestMetrics.runId, runId))
    .orderBy(asc(key));
}

function pointsOf({ first, last, least, most, gap }: Bucket): MetricPoint[] {
  const turned = [least, most].map((each): Place | null => each && [each[1], each[2], each[0]]);
  const places = [first, last, gap, ...turned].filter((place) => place !== null);
  const points = places.map(([step, timestampMs, value]) => ({ step, timestampMs, value: value ?? null }));
  const distinct = new Map(points.map((point) => [Object.values(point).join(), point]));
  return [...distinct.values()].toSorted((a, b) => a.step - b.step || a.timestampMs - b.timestampMs);
}

/**
 * Curves by name from points (`name`, `step`, `timestamp_ms`, `value`), thinned in the database: of each of `buckets` stretches of equally many points the
 * first, last, least and greatest value and the first gap, so millions of points cost no more memory here than thousands.
 */
async function thinned(
  db: Db,
  points: SQL,
  buckets: number,
): Promise<Map<string, Curve & { since: string }>> {
  const { rows } = await db.execute<Bucket>(sql`
    with points as (${points}), placed as (
      select name, step::float8 as step, timestamp_ms::float8 as at, value,
        value = 'NaN' or abs(value) = ${Number.MAX_VALUE} as is_gap,
        row_number() over (partition by name order by step, timestamp_ms, value) - 1 as place,
        count(*) over (partition by name) as total
      from points
    )
    select name, max(total)::int as total, (count(*) filter (where is_gap))::int as gaps,
      min(array[step, at, value]) filter (where not is_gap) as first,
      max(array[step, at, value]) filter (where not is_gap) as last,
      min(array[value, step, at]) filter (where not is_gap) as least,
      max(array[value, step, at]) filter (where not is_gap) as most,
      min(array[step, at]) filter (where is_gap) as gap,
      pg_snapshot_xmin(pg_current_snapshot())::text as since
    from placed group by name, place * least(total, ${buckets}) / total order by name, min(place)`);
  const curves = new Map<string, Curve & { since: string }>();
  for (const row of rows) {
    const curve = curves.get(row.name) ?? { total: row.total, gaps: 0, points: [], since: row.since };
    curve.gaps += row.gaps;
    curve.points.push(...pointsOf(row));
    curves.set(row.name, curve);
  }
  return curves;
}

/** One metric's curve for each run. */
export const curvesOf = (db: Db, input: { runIds: readonly string[]; key: string; buckets: number }) =>
  thinned(
    db,
    sql`select s.run_id as name, p.step, p.timestamp_ms, p.value from metric_series s cross join lateral ${pointsOfSeries()} p
      where s.run_id = any(${sql.param(input.runIds)}::text[]) and s.key = ${input.key} and p.again is null`,
    input.buckets,
  );

export interface SeenCurve {
  key: string;
  /** What the reader had read when it last read: the oldest transaction that was under way then. */
  since: string;
  /** Step and time of its last point; null where it has none. */
  after: readonly [step: number, timestampMs: number] | null;
}

const BEFORE_ALL = "-9223372036854775808";
/** Doubles of 64-bit numbers lie at most this far apart. */
const COARSEST = 2048n;

/** A place of a chart, whose numbers are doubles, as a whole number that is not beyond it: what is told twice does no harm. */
function noLaterThan(place: number): string {
  if (Number.isSafeInteger(place)) return String(place);
  const whole = Number.isFinite(place) ? BigInt(Math.trunc(place)) - COARSEST : BigInt(BEFORE_ALL);
  return String(whole < BigInt(BEFORE_ALL) ? BEFORE_ALL : whole < 2n ** 63n ? whole : 2n ** 63n - 1n);
}

/** What was added to curves of a run since somebody read them: what lies beyond their last points, and what came late. */
export function addedTo(db: Db, runId: string, seen: readonly SeenCurve[], buckets: number) {
  const column = (pick: (curve: SeenCurve) => string) => sql.param(seen.map(pick));
  const beyond = sql`m.step >= a.step and (m.step, m.timestamp_ms) > (a.step, a.at)`;
  return thinned(
    db,
    sql`select a.key as name, p.step, p.timestamp_ms, p.value
      from unnest(${column(({ key }) => key)}::text[], ${column(({ since }) => since)}::bigint[],
        ${column(({ after }) => (after ? noLaterThan(after[0]) : BEFORE_ALL))}::bigint[], ${column(({ after }) => (after ? noLaterThan(after[1]) : BEFORE_ALL))}::bigint[]) as a(key, since, step, at)
      join metric_series s on s.run_id = ${runId} and s.key = a.key
      cross join lateral (${pointsOfSeries(beyond)} union all
        (select m.* from run_metrics m where m.series_id = s.id and m.late is not null and m.late >= a.since and (m.step, m.timestamp_ms) <= (a.step, a.at))) p
      where p.again is null`,
    buckets,
  );
}
