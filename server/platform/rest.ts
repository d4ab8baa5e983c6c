import { listWork, listWorkflows, listWorkflowSteps } from "@/server/durable/queries";
import { retryWork } from "@/server/durable/retry-work";
import { rest, type RestRoute } from "@/server/kit/rest";
import { getConsole } from "./console-queries";
import { getHome } from "./home-query";
import { retryAllWork } from "./retry-all-work";

const TAG = "Platform";

export const platformRoutes: readonly RestRoute[] = [
  rest(TAG, "get", "/home", getHome),
  rest(TAG, "get", "/platform/console", getConsole),
  rest(TAG, "get", "/platform/deliveries", listWork),
  rest(TAG, "post", "/platform/deliveries/retry", retryWork),
  rest(TAG, "post", "/platform/deliveries/retry-all", retryAllWork),
  rest(TAG, "get", "/platform/workflows", listWorkflows),
  rest(TAG, "get", "/platform/workflows/{id}/steps", listWorkflowSteps),
];
