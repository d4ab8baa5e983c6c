import { asc, eq } from "drizzle-orm";
import type { Db } from "@/db/client";
import { metricSeries, runMetrics } from "@/db/schema";
import type { Actor } from "@/server/core/actor";

/** Somebody who may build in a team; tracking needs no row of the person. */
export const memberOf = (teamId: string): Actor => ({
  kind: "user",
  userId: `usr_${teamId}`,
  name: "Ada",
  teamId,
  teamSlug: teamId,
  role: "member",
  isPlatformAdmin: false,
});

/** What is stored of a run, point by point. */
export async function pointsOf(db: Db, runId: string) {
  const rows = await db
    .select({ series: metricSeries, point: runMetrics })
    .from(metricSeries)
    .innerJoin(runMetrics, eq(runMetrics.seriesId, metricSeries.id))
    .where(eq(metricSeries.runId, runId))
    .orderBy(asc(metricSeries.key), asc(runMetrics.step), asc(runMetrics.timestampMs), asc(runMetrics.value));
  return rows.map(({ series, point }) => ({ ...point, key: series.key, modelId: series.modelId }));
}
