import { rest, type RestRoute } from "@/server/http/rest";
import { cancelJob, cancelJobs } from "./cancel-job";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { downloadLog, findJobLog, streamLog } from "./job-log";
import { listJobs } from "./queries";
import { getTemplate, listTemplates } from "./templates";

export const computeRoutes: readonly RestRoute[] = [
  rest("Jobs", "get", "/jobs", listJobs),
  rest("Jobs", "post", "/jobs", dispatchJob, { status: 201 }),
  rest("Jobs", "post", "/jobs/cancel", cancelJobs),
  rest("Jobs", "get", "/jobs/{id}", getJob),
  rest("Jobs", "post", "/jobs/{id}/cancel", cancelJob, { status: 202 }),
  rest("Jobs", "get", "/jobs/{id}/log", findJobLog, {
    stream: downloadLog,
    streams: { response: "text/plain" },
  }),
  rest("Jobs", "get", "/jobs/{id}/log/stream", findJobLog, {
    stream: streamLog,
    streams: { response: "text/event-stream" },
  }),
  rest("Templates", "get", "/templates", listTemplates),
  rest("Templates", "get", "/templates/{name}", getTemplate),
];
