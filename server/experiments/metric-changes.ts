import { and, asc, eq, sql } from "drizzle-orm";
import { runLatestMetrics } from "@/db/schema";
import { query } from "@/server/core/verb";
import { loadRun } from "./load";
import { addedTo } from "./metric-curves";
import { downsample } from "./rules";
import { MetricChangesInput } from "./schemas";

/**
 * What was logged to a run since somebody looked: metrics that changed, and the points that their curves gained. Time is told in transactions: what was under
 * way at the look before is told again, so that nothing is lost, in whatever order steps come and commits end.
 */
export const metricChanges = query(
  {
    name: "experiments.metric.changes",
    permission: "experiments.run.read",
    input: MetricChangesInput,
    summary: "What was added to a run's metrics since",
  },
  async ({ ctx, input }) => {
    const run = await loadRun(ctx, input.runId);
    // Before the rows are read: what commits in between is told twice rather than never.
    const now = await ctx.db.execute<{ since: string }>(
      sql`select pg_snapshot_xmin(pg_current_snapshot())::text as since`,
    );
    // A curve may have been read before the page's last look, and the look have missed it.
    const oldest = [input.since, ...input.curves.map((curve) => curve.since)]
      .map(BigInt)
      .reduce((least, each) => (each < least ? each : least));
    const latest = runLatestMetrics;
    const metrics = await ctx.db
      .select({
        key: latest.key,
        value: latest.value,
        isNan: latest.isNan,
        step: latest.step,
        timestampMs: latest.timestampMs,
        points: latest.points,
        gaps: latest.gaps,
        min: latest.least,
        max: latest.greatest,
        nanCount: latest.nans,
      })
      .from(latest)
      .where(and(eq(latest.runId, run.id), sql`${latest.changed} >= ${String(oldest)}::bigint`))
      .orderBy(asc(latest.key));
    const changed = new Set(metrics.map((metric) => metric.key));
    const shown = input.curves.filter((curve) => changed.has(curve.key));
    const added = await addedTo(ctx.db, run.id, shown, input.maxPoints);
    return {
      since: now.rows[0]?.since ?? input.since,
      metrics,
      curves: shown.map(({ key }) => ({
        key,
        points: downsample(added.get(key)?.points ?? [], input.maxPoints),
      })),
    };
  },
);
