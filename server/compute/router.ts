import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { cancelJob, cancelJobs } from "./cancel-job";
import { decideQuota } from "./decide-quota";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { listInputChoices } from "./input-choices";
import { listJobs } from "./queries";
import { getQuota, getQuotaRequest, listQuotaRequests, listTeamQuotas, previewQuota } from "./quota-queries";
import { requestQuota, withdrawQuotaRequest } from "./request-quota";
import { setGpuFlavor, setQuota } from "./set-quota";
import { getTemplate, listTemplates } from "./templates";

export const computeRouter = router({
  job: router({
    list: queryOf(listJobs),
    get: queryOf(getJob),
    dispatch: mutationOf(dispatchJob),
    cancel: mutationOf(cancelJob),
    cancelMany: mutationOf(cancelJobs),
  }),
  quota: router({
    get: queryOf(getQuota),
    requests: queryOf(listQuotaRequests),
    request: queryOf(getQuotaRequest),
    teams: queryOf(listTeamQuotas),
    preview: queryOf(previewQuota),
    ask: mutationOf(requestQuota),
    withdraw: mutationOf(withdrawQuotaRequest),
    decide: mutationOf(decideQuota),
    set: mutationOf(setQuota),
    setFlavor: mutationOf(setGpuFlavor),
  }),
  template: router({
    list: queryOf(listTemplates),
    get: queryOf(getTemplate),
    inputChoices: queryOf(listInputChoices),
  }),
});
