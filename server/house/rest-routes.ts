import { catalogRoutes } from "@/server/catalog/rest";
import { computeRoutes } from "@/server/compute/rest";
import { datasetRoutes } from "@/server/datasets/rest";
import { governanceRoutes } from "@/server/governance/rest";
import { experimentRoutes } from "@/server/experiments/rest";
import { identityRoutes } from "@/server/identity/rest";
import { insightsRoutes } from "@/server/insights/rest";
import { monitoringRoutes } from "@/server/monitoring/rest";
import { notificationRoutes } from "@/server/notifications/rest";
import { platformRoutes } from "@/server/platform/rest";
import { registryRoutes } from "@/server/registry/rest";
import { servingRoutes } from "@/server/serving/rest";
import type { RestRoute } from "@/server/kit/rest";

/** All REST routes; each domain lists its own in `server/<domain>/rest.ts`. */
export const restRoutes: readonly RestRoute[] = [
  ...catalogRoutes,
  ...computeRoutes,
  ...datasetRoutes,
  ...governanceRoutes,
  ...experimentRoutes,
  ...identityRoutes,
  ...insightsRoutes,
  ...monitoringRoutes,
  ...notificationRoutes,
  ...platformRoutes,
  ...registryRoutes,
  ...servingRoutes,
];
