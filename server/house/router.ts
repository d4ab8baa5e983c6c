import { catalogRouter } from "@/server/catalog/router";
import { computeRouter } from "@/server/compute/router";
import { datasetsRouter } from "@/server/datasets/router";
import { governanceRouter } from "@/server/governance/router";
import { experimentsRouter } from "@/server/experiments/router";
import { identityRouter } from "@/server/identity/router";
import { insightsRouter } from "@/server/insights/router";
import { monitoringRouter } from "@/server/monitoring/router";
import { notificationsRouter } from "@/server/notifications/router";
import { platformRouter } from "@/server/platform/router";
import { registryRouter } from "@/server/registry/router";
import { servingRouter } from "@/server/serving/router";
import { liveChanges } from "@/server/kit/live-changes";
import { router } from "@/server/kit/trpc";

/** All domains of the browser's door. */
export const appRouter = router({
  live: router({ changes: liveChanges }),
  catalog: catalogRouter,
  compute: computeRouter,
  datasets: datasetsRouter,
  governance: governanceRouter,
  experiments: experimentsRouter,
  identity: identityRouter,
  insights: insightsRouter,
  monitoring: monitoringRouter,
  notifications: notificationsRouter,
  platform: platformRouter,
  registry: registryRouter,
  serving: servingRouter,
});

export type AppRouter = typeof appRouter;
