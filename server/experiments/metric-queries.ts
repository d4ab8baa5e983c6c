import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import { query } from "@/server/core/verb";
import { loadRun, loadRuns } from "./load";
import { curvesOf, keysOf } from "./metric-curves";
import { HistoryCursor, pointsAfter } from "./metric-history";
import { detailsOf } from "./queries";
import { downsample } from "./rules";
import { CompareRunsInput, MetricHistoryInput, MetricSeriesInput, RunIdInput } from "./schemas";

const READ = "experiments.run.read" as const;

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
    const rows = await pointsAfter(ctx.db, {
      runId: run.id,
      key: input.key,
      after,
      limit: input.maxResults + 1,
    });
    const items = rows.slice(0, input.maxResults);
    const last = items.at(-1);
    return {
      items,
      nextCursor:
        rows.length > input.maxResults && last
          ? encodeCursor([String(last.step), String(last.timestampMs), last.value, Number(last.isNan)])
          : null,
    };
  },
);

/** The names of a run's metrics with their number of points, least and greatest value. */
export const metricKeys = query(
  { name: "experiments.metric.keys", permission: READ, input: RunIdInput, summary: "The metrics of a run" },
  async ({ ctx, input }) => {
    const run = await loadRun(ctx, input.runId);
    return keysOf(ctx.db, run.id);
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
    const runs = await loadRuns(ctx, input.runIds);
    const curves = await curvesOf(ctx.db, { ...input, buckets: input.maxPoints });
    return runs.map((run) => {
      const { points, ...rest } = curves.get(run.id) ?? { total: 0, gaps: 0, since: "0", points: [] };
      return { runId: run.id, runName: run.name, ...rest, points: downsample(points, input.maxPoints) };
    });
  },
);

/** Two to twenty runs side by side. */
export const compareRuns = query(
  { name: "experiments.run.compare", permission: READ, input: CompareRunsInput, summary: "Compare runs" },
  async ({ ctx, input }) => detailsOf(ctx, await loadRuns(ctx, input.runIds)),
);
