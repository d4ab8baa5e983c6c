import { rest, type RestRoute } from "@/server/kit/rest";
import { getVelocity } from "./queries";

export const insightsRoutes: readonly RestRoute[] = [
  rest("Insights", "get", "/insights/velocity", getVelocity),
];
