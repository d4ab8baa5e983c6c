import { namedStatement, type Db } from "@/db/client";
import type { Int64 } from "@/server/core/int64";
import { isRowFault, MicroBatch } from "@/server/core/micro-batch";
import type { MetricInput } from "./schemas";

/** Points of one request: stored together or not at all. */
export interface MetricEntry {
  runId: string;
  teamId: string;
  metrics: readonly MetricInput[];
}

/** The points of any number of requests in one statement; db/sql/27-write-metrics.sql says how they stay exact. Answers the places that were written. */
const insertPoints = namedStatement(
  "write_metrics",
  `select place from modelworks_write_metrics($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::bigint[], $7::float8[],
    $8::text[], $9::text[], $10::text[]) as place`,
);

/** An array literal of numbers; the driver's own conversion quotes and escapes each element. */
const literal = (numbers: readonly Int64[]) => `{${numbers.join(",")}}`;

class Columns {
  private readonly runs: number[] = [];
  private readonly keys: string[] = [];
  private readonly steps: Int64[] = [];
  private readonly timestamps: Int64[] = [];
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
