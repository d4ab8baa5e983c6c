import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import type { TrafficProfile } from "./rollout/power";
import { bucketBoundMs } from "./rules";

/** The baseline is the last day: a working day's rate, and recent enough to be the same model's. */
const WINDOW_S = 24 * 3_600;
/** Latencies by bucket are summed over less: only asked for a bound that was not counted. */
const BUCKETS_WINDOW_S = 3_600;

export interface ObservedTraffic extends TrafficProfile {
  /** Seconds from the first request of the window until now. */
  readonly seconds: number;
  readonly requests: number;
  readonly labels: number;
}

interface Row extends Record<string, unknown> {
  first: string | null;
  all_requests: string;
  all_labels: string;
  requests: string;
  errors: string;
  slow: string;
  feedback: string;
  correct: string;
  measured: string;
  absolute: number;
  squared: number;
  fourth: number;
}

/** Share of the stable arm's last hour in buckets that lie wholly over the bound. */
async function shareOver(db: Db, deploymentId: string, now: number, boundMs: number): Promise<number> {
  const { rows } = await db.execute<{ bucket: number; requests: string }>(sql`
    select e.key::int as bucket, sum(e.value::int) as requests from traffic_seconds t, jsonb_each_text(t.latency_buckets) e
    where t.deployment_id = ${deploymentId} and t.arm = 'stable' and t.second > ${now - BUCKETS_WINDOW_S} group by 1`);
  const total = rows.reduce((sum, row) => sum + Number(row.requests), 0);
  const over = rows.filter(({ bucket }) => bucketBoundMs(bucket - 1) >= boundMs);
  return total === 0 ? 0 : over.reduce((sum, row) => sum + Number(row.requests), 0) / total;
}

/**
 * What a deployment's traffic was over the last day: how much comes, and the stable version's rates. Null where nothing came: then nobody can
 * say what a plan will see.
 */
export async function observedTraffic(
  db: Db,
  deployment: { id: string; latencyBoundMs: number },
  now: Date,
  boundMs: number = deployment.latencyBoundMs,
): Promise<ObservedTraffic | null> {
  const second = Math.floor(now.getTime() / 1000);
  const stable = sql`filter (where arm = 'stable')`;
  const { rows } = await db.execute<Row>(sql`
    select min(second) as first, coalesce(sum(requests), 0) as all_requests, coalesce(sum(feedback), 0) as all_labels,
      coalesce(sum(requests) ${stable}, 0) as requests, coalesce(sum(errors) ${stable}, 0) as errors,
      coalesce(sum(slow) ${stable}, 0) as slow, coalesce(sum(feedback) ${stable}, 0) as feedback,
      coalesce(sum(correct) ${stable}, 0) as correct, coalesce(sum(measured) ${stable}, 0) as measured,
      coalesce(sum(abs_error_sum) ${stable}, 0) as absolute, coalesce(sum(squared_error_sum) ${stable}, 0) as squared,
      coalesce(sum(fourth_error_sum) ${stable}, 0) as fourth
    from traffic_seconds where deployment_id = ${deployment.id} and second > ${second - WINDOW_S} and second <= ${second}`);
  const row = rows[0];
  const requests = Number(row?.requests ?? 0);
  if (!row || row.first === null || requests === 0) return null;
  const seconds = Math.max(1, second - Number(row.first) + 1);
  const [all, labels, feedback, measured] = [
    Number(row.all_requests),
    Number(row.all_labels),
    Number(row.feedback),
    Number(row.measured),
  ];
  return {
    seconds,
    requests: all,
    labels,
    requestsPerSecond: all / seconds,
    errorRate: Number(row.errors) / requests,
    slowShare:
      boundMs === deployment.latencyBoundMs
        ? Number(row.slow) / requests
        : await shareOver(db, deployment.id, second, boundMs),
    labelShare: labels / all,
    accuracy: feedback > 0 ? Number(row.correct) / feedback : null,
    // A target of numbers: nearly every outcome has a distance from what was predicted.
    numeric:
      feedback > 0 && measured > feedback / 2
        ? {
            absolute: row.absolute / measured,
            squared: row.squared / measured,
            fourth: row.fourth / measured,
          }
        : null,
  };
}
