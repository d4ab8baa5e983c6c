import { rest, type RestRoute } from "@/server/http/rest";
import { recordFeedback } from "./record-feedback";

export const monitoringRoutes: readonly RestRoute[] = [
  rest("Monitoring", "post", "/feedback", recordFeedback),
];
