import { and, asc, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { runMetrics } from "@/db/schema";
import { groupBy } from "@/server/core/group-by";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { loadRun } from "./load";
import { detailsOf } from "./queries";
import { downsample, meantValue } from "./rules";
import { CompareRunsInput, MetricHistoryInput, MetricSeriesInput, RunIdInput } from "./schemas";

const READ = "experiments.run.read" as const;
const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null);
const HistoryCursor = z.tuple([z.number(), z.number(), z.number()]);

/** All points of one metric by step, as the protocol pages them. */
export const metricHistory = query(
  {
    name: "experiments.metric.history",
    permission: READ,
    input: MetricHistoryInput,
    summary: "All points of a metric",
  },
  async ({ ctx, input }) => {
    const run = await loadRun(ctx, input.runId);
    const after = decodeCursor(input.pageToken, HistoryCursor);
    // log_model logs points once more under the model's id; they are the same measurement.
    const rows = await ctx.db
      .selectDistinctOn([runMetrics.step, runMetrics.timestampMs, runMetrics.value])
      .from(runMetrics)
      .where(
        and(
          eq(runMetrics.runId, run.id),
          eq(runMetrics.key, input.key),
          after
            ? sql`(${runMetrics.step}, ${runMetrics.timestampMs}, ${runMetrics.value}) > (${after[0]}, ${after[1]}, ${after[2]})`
            : undefined,
        ),
      )
      .orderBy(asc(runMetrics.step), asc(runMetrics.timestampMs), asc(runMetrics.value))
      .limit(input.maxResults + 1);
    const items = rows.slice(0, input.maxResults);
    const last = items.at(-1);
    return {
      items,
      nextCursor:
        rows.length > input.maxResults && last
          ? encodeCursor([last.step, last.timestampMs, last.value])
          : null,
    };
  },
);

/** The names of a run's metrics with their number of points, least and greatest value. */
export const metricKeys = query(
  { name: "experiments.metric.keys", permission: READ, input: RunIdInput, summary: "The metrics of a run" },
  async ({ ctx, input }) => {
    const run = await loadRun(ctx, input.runId);
    return ctx.db
      .select({
        key: runMetrics.key,
        points: sql<number>`count(*)::int`,
        min: sql<number | null>`min(${runMetrics.value}) filter (where not ${runMetrics.isNan})`,
        max: sql<number | null>`max(${runMetrics.value}) filter (where not ${runMetrics.isNan})`,
        nanCount: sql<number>`(count(*) filter (where ${runMetrics.isNan}))::int`,
      })
      .from(runMetrics)
      .where(and(eq(runMetrics.runId, run.id), eq(runMetrics.modelId, "")))
      .groupBy(runMetrics.key)
      .orderBy(asc(runMetrics.key));
  },
);

/** One metric over steps for several runs, each cut to at most `maxPoints` (largest triangle, three buckets). */
export const metricSeries = query(
  {
    name: "experiments.metric.series",
    permission: READ,
    input: MetricSeriesInput,
    summary: "A metric's curve for several runs",
  },
  async ({ ctx, input }) => {
    const runs = await Promise.all(input.runIds.map((id) => loadRun(ctx, id)));
    const rows = await ctx.db
      .select({
        runId: runMetrics.runId,
        step: runMetrics.step,
        timestampMs: runMetrics.timestampMs,
        value: runMetrics.value,
        isNan: runMetrics.isNan,
      })
      .from(runMetrics)
      .where(
        and(
          inArray(runMetrics.runId, input.runIds),
          eq(runMetrics.key, input.key),
          eq(runMetrics.modelId, ""),
        ),
      )
      .orderBy(asc(runMetrics.step), asc(runMetrics.timestampMs));
    const grouped = groupBy(rows, (row) => row.runId);
    return runs.map((run) => {
      const points = (grouped.get(run.id) ?? []).map((row) => ({
        step: row.step,
        timestampMs: row.timestampMs,
        value: finiteOrNull(meantValue(row)),
      }));
      return {
        runId: run.id,
        runName: run.name,
        total: points.length,
        /** NaN and infinite values, drawn as gaps. */
        gaps: points.filter((point) => point.value === null).length,
        points: downsample(points, input.maxPoints),
      };
    });
  },
);

/** Two to twenty runs side by side. */
export const compareRuns = query(
  { name: "experiments.run.compare", permission: READ, input: CompareRunsInput, summary: "Compare runs" },
  async ({ ctx, input }) => detailsOf(ctx, await Promise.all(input.runIds.map((id) => loadRun(ctx, id)))),
);
