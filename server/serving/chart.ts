import { and, eq, gte, lte } from "drizzle-orm";
import { trafficSeconds } from "@/db/schema";
import { query } from "@/server/core/verb";
import { chartSeries, type TrafficRow } from "./chart-series";
import { loadDeploymentById, loadRollout, loadDeployment, parseRollout } from "./load";
import { ChartInput } from "./schemas";

/** Points of a chart: a rollout's line is fine, a step by itself wants enough requests to mean something. */
const MAX_POINTS = { cumulative: 240, step: 90 } as const;
/** Seconds shown after the end, so that the last marker stands inside. */
const AFTER_END = 3;

const trafficRow = ({
  measured,
  absErrorSum,
  squaredErrorSum,
  fourthErrorSum,
  ...row
}: typeof trafficSeconds.$inferSelect): TrafficRow => ({
  ...row,
  numeric: { n: measured, absolute: absErrorSum, squared: squaredErrorSum, fourth: fourthErrorSum },
});

/**
 * Stable and canary over time with the intervals of their rates and, for a rollout, the difference with the confidence sequence that
 * decides. After the end of a rollout the answer stays as it is.
 */
export const trafficChart = query(
  {
    name: "serving.rollout.chart",
    permission: "serving.deployment.read",
    input: ChartInput,
    summary: "Traffic of both arms over time",
  },
  async ({ ctx, input }) => {
    const found = input.rolloutId ? parseRollout(await loadRollout(ctx, input.rolloutId)) : undefined;
    const deployment = found
      ? await loadDeploymentById(ctx, found.deploymentId)
      : await loadDeployment(ctx, input.name);
    const now = Math.floor(ctx.now().getTime() / 1000);
    const from = found ? Math.floor(found.createdAt.getTime() / 1000) : now - input.windowSeconds;
    const to = found?.finishedAt ? Math.ceil(found.finishedAt.getTime() / 1000) + AFTER_END : now;
    const rows = await ctx.db
      .select()
      .from(trafficSeconds)
      .where(
        and(
          found ? eq(trafficSeconds.rolloutId, found.id) : eq(trafficSeconds.deploymentId, deployment.id),
          gte(trafficSeconds.second, from),
          lte(trafficSeconds.second, to),
        ),
      )
      .orderBy(trafficSeconds.second);
    return chartSeries(rows.map(trafficRow), {
      from,
      to: Math.max(from, to),
      step: Math.max(1, Math.ceil((to - from + 1) / MAX_POINTS[input.mode])),
      cumulative: input.mode === "cumulative",
      criteria: found?.criteria,
    });
  },
);
