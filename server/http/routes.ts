import { computeRoutes } from "@/server/compute/rest";
import { datasetRoutes } from "@/server/datasets/rest";
import { governanceRoutes } from "@/server/governance/rest";
import { experimentRoutes } from "@/server/experiments/rest";
import { identityRoutes } from "@/server/identity/rest";
import { monitoringRoutes } from "@/server/monitoring/rest";
import { notificationRoutes } from "@/server/notifications/rest";
import { registryRoutes } from "@/server/registry/rest";
import { servingRoutes } from "@/server/serving/rest";
import type { RestRoute } from "./rest";

/** All REST routes; each domain lists its own in `server/<domain>/rest.ts`. */
export const restRoutes: readonly RestRoute[] = [
  ...computeRoutes,
  ...datasetRoutes,
  ...governanceRoutes,
  ...experimentRoutes,
  ...identityRoutes,
  ...monitoringRoutes,
  ...notificationRoutes,
  ...registryRoutes,
  ...servingRoutes,
];
