import { asc, eq, sql } from "drizzle-orm";
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
  run_id: string;
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
 * One metric's curve for each run, thinned in the database: of each of `buckets` stretches of equally many points the first, last,
 * least and greatest value and the first gap, so a run of millions of points costs no more memory here than one of thousands.
 */
export async function curvesOf(
  db: Db,
  input: { runIds: readonly string[]; key: string; buckets: number },
): Promise<Map<string, Curve>> {
  const { rows } = await db.execute<Bucket>(sql`
    with points as (
      select s.run_id, p.step, p.timestamp_ms, p.value from metric_series s cross join lateral ${pointsOfSeries()} p
      where s.run_id = any(${sql.param(input.runIds)}::text[]) and s.key = ${input.key} and p.again is null
    ), placed as (
      select run_id, step::float8 as step, timestamp_ms::float8 as at, value,
        value = 'NaN' or abs(value) = ${Number.MAX_VALUE} as is_gap,
        row_number() over (partition by run_id order by step, timestamp_ms, value) - 1 as place,
        count(*) over (partition by run_id) as total
      from points
    )
    select run_id, max(total)::int as total, (count(*) filter (where is_gap))::int as gaps,
      min(array[step, at, value]) filter (where not is_gap) as first,
      max(array[step, at, value]) filter (where not is_gap) as last,
      min(array[value, step, at]) filter (where not is_gap) as least,
      max(array[value, step, at]) filter (where not is_gap) as most,
      min(array[step, at]) filter (where is_gap) as gap
    from placed group by run_id, place * least(total, ${input.buckets}) / total order by run_id, min(place)`);
  const curves = new Map<string, Curve>();
  for (const row of rows) {
    const curve = curves.get(row.run_id) ?? { total: row.total, gaps: 0, points: [] };
    curve.gaps += row.gaps;
    curve.points.push(...pointsOf(row));
    curves.set(row.run_id, curve);
  }
  return curves;
}
