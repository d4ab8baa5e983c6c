import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
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

/** A point that was logged once more under a logged model's id is one measurement. */
const ONCE = sql`(m.model_id = '' or not exists (
  select 1 from run_metrics o where o.run_id = m.run_id and o.key = m.key and o.step = m.step
    and o.timestamp_ms = m.timestamp_ms and o.value = m.value and o.is_nan = m.is_nan and o.model_id < m.model_id))`;

export interface MetricKey extends Record<string, unknown> {
  key: string;
  points: number;
  /** Least and greatest value that is a number. */
  min: number | null;
  max: number | null;
  nanCount: number;
}

/** What a run measured, by name. */
export async function keysOf(db: Db, runId: string): Promise<MetricKey[]> {
  const { rows } = await db.execute<MetricKey>(sql`
    select m.key, count(*)::int as points, min(m.value) filter (where not m.is_nan) as min,
      max(m.value) filter (where not m.is_nan) as max, (count(*) filter (where m.is_nan))::int as "nanCount"
    from run_metrics m where m.run_id = ${runId} and ${ONCE} group by m.key order by m.key`);
  return rows;
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
      select m.* from run_metrics m
      where m.run_id = any(${sql.param(input.runIds)}::text[]) and m.key = ${input.key} and ${ONCE}
    ), placed as (
      select run_id, step::float8 as step, timestamp_ms::float8 as at, value,
        is_nan or abs(value) = ${Number.MAX_VALUE} as is_gap,
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
