import { computeRouter } from "@/server/compute/router";
import { datasetsRouter } from "@/server/datasets/router";
import { governanceRouter } from "@/server/governance/router";
import { experimentsRouter } from "@/server/experiments/router";
import { identityRouter } from "@/server/identity/router";
import { notificationsRouter } from "@/server/notifications/router";
import { registryRouter } from "@/server/registry/router";
import { liveChanges } from "./live";
import { createCallerFactory, router } from "./trpc";

/** All domains of the browser's door. */
export const appRouter = router({
  live: router({ changes: liveChanges }),
  compute: computeRouter,
  datasets: datasetsRouter,
  governance: governanceRouter,
  experiments: experimentsRouter,
  identity: identityRouter,
  notifications: notificationsRouter,
  registry: registryRouter,
});

export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
