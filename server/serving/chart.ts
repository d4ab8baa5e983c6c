import { and, eq, gte, sql, type SQL } from "drizzle-orm";
import { trafficSeconds } from "@/db/schema";
import { query } from "@/server/core/verb";
import { loadDeployment, loadRollout } from "./load";
import { quantileMs } from "./rules";
import { ChartInput } from "./schemas";
import { wilsonInterval } from "./stats";

const MAX_POINTS = 600;

interface Bucket {
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  latencies: Record<string, number>;
}

const blank = (): Bucket => ({ requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0, latencies: {} });

function add(target: Bucket, row: typeof trafficSeconds.$inferSelect): void {
  target.requests += row.requests;
  target.errors += row.errors;
  target.slow += row.slow;
  target.feedback += row.feedback;
  target.correct += row.correct;
  for (const [index, count] of Object.entries(row.latencyBuckets))
    target.latencies[index] = (target.latencies[index] ?? 0) + count;
}

export interface RatePoint {
  /** Share from 0 to 1; null where nothing was measured. */
  value: number | null;
  lo: number | null;
  hi: number | null;
  n: number;
}

function rate(bad: number, n: number): RatePoint {
  if (n === 0) return { value: null, lo: null, hi: null, n };
  const interval = wilsonInterval({ events: bad, n });
  return { value: bad / n, lo: interval?.low ?? null, hi: interval?.high ?? null, n };
}

/** p99 is not drawn under 300 requests: order statistics give it no upper bound there. */
const MIN_FOR_P99 = 300;

const figures = (bucket: Bucket) => ({
  requests: bucket.requests,
  errorRate: rate(bucket.errors, bucket.requests),
  slowShare: rate(bucket.slow, bucket.requests),
  accuracy: rate(bucket.correct, bucket.feedback),
  p50Ms: quantileMs(bucket.latencies, 0.5),
  p99Ms: bucket.requests >= MIN_FOR_P99 ? quantileMs(bucket.latencies, 0.99) : null,
});

/**
 * Stable and canary over time: per step the counts, and cumulative rates with Wilson intervals, which shrink as evidence gathers.
 * Steps without traffic are there, empty, so that a gap shows as a gap.
 */
export const trafficChart = query(
  {
    name: "serving.rollout.chart",
    permission: "serving.deployment.read",
    input: ChartInput,
    summary: "Traffic of both arms over time",
  },
  async ({ ctx, input }) => {
    const deployment = await loadDeployment(ctx, input.name);
    const rollout = input.rolloutId ? await loadRollout(ctx, input.rolloutId) : undefined;
    const nowSecond = Math.floor(ctx.now().getTime() / 1000);
    const from = rollout ? Math.floor(rollout.createdAt.getTime() / 1000) : nowSecond - input.windowSeconds;
    const to = rollout?.finishedAt ? Math.ceil(rollout.finishedAt.getTime() / 1000) + 5 : nowSecond;
    const conditions: (SQL | undefined)[] = [
      eq(trafficSeconds.deploymentId, deployment.id),
      gte(trafficSeconds.second, from),
      sql`${trafficSeconds.second} <= ${to}`,
      rollout ? eq(trafficSeconds.rolloutId, rollout.id) : undefined,
    ];
    const rows = await ctx.db
      .select()
      .from(trafficSeconds)
      .where(and(...conditions))
      .orderBy(trafficSeconds.second);
    const step = Math.max(1, Math.ceil((to - from + 1) / MAX_POINTS));
    const bins = new Map<number, { stable: Bucket; canary: Bucket }>();
    for (const row of rows) {
      const at = from + Math.floor((row.second - from) / step) * step;
      const bin = bins.get(at) ?? { stable: blank(), canary: blank() };
      add(row.arm === "canary" ? bin.canary : bin.stable, row);
      bins.set(at, bin);
    }
    const total = { stable: blank(), canary: blank() };
    const points = [];
    for (let at = from; at <= to; at += step) {
      const bin = bins.get(at) ?? { stable: blank(), canary: blank() };
      for (const arm of ["stable", "canary"] as const) {
        const sum = total[arm];
        const own = bin[arm];
        sum.requests += own.requests;
        sum.errors += own.errors;
        sum.slow += own.slow;
        sum.feedback += own.feedback;
        sum.correct += own.correct;
        for (const [index, count] of Object.entries(own.latencies))
          sum.latencies[index] = (sum.latencies[index] ?? 0) + count;
      }
      points.push({
        second: at,
        stable: { ...figures(total.stable), perSecond: bin.stable.requests / step },
        canary: { ...figures(total.canary), perSecond: bin.canary.requests / step },
      });
    }
    return {
      from,
      to,
      step,
      points,
      totals: { stable: figures(total.stable), canary: figures(total.canary) },
    };
  },
);
