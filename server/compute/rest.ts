import { rest, type RestRoute } from "@/server/kit/rest";
import { cancelJob, cancelJobs } from "./cancel-job";
import { decideQuota } from "./decide-quota";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { downloadOutput } from "./download-output";
import { getJobOutput } from "./job-files";
import { downloadLog, findJobLog, streamLog } from "./job-log";
import { listJobs } from "./queries";
import { getQuota, getQuotaRequest, listQuotaRequests, listTeamQuotas, previewQuota } from "./quota-queries";
import { requestQuota, withdrawQuotaRequest } from "./request-quota";
import { setGpuFlavor, setQuota } from "./set-quota";
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
  rest("Jobs", "get", "/jobs/{id}/output", getJobOutput, {
    stream: downloadOutput,
    streams: { response: "application/octet-stream" },
  }),
  rest("Quota", "get", "/quota", getQuota),
  rest("Quota", "get", "/quota/requests", listQuotaRequests),
  rest("Quota", "post", "/quota/requests", requestQuota, { status: 201 }),
  rest("Quota", "get", "/quota/requests/{id}", getQuotaRequest),
  rest("Quota", "post", "/quota/requests/{id}/decision", decideQuota),
  rest("Quota", "post", "/quota/requests/{id}/withdraw", withdrawQuotaRequest),
  rest("Quota", "get", "/quota/teams", listTeamQuotas),
  rest("Quota", "put", "/quota/teams/{teamId}/{resource}", setQuota),
  rest("Quota", "get", "/quota/teams/{teamId}/{resource}/preview", previewQuota),
  rest("Quota", "put", "/quota/flavors/{name}", setGpuFlavor),
  rest("Templates", "get", "/templates", listTemplates),
  rest("Templates", "get", "/templates/{name}", getTemplate),
];
