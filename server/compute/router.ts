import { mutationOf, queryOf, router } from "@/server/api/trpc";
import { cancelJob, cancelJobs } from "./cancel-job";
import { dispatchJob } from "./dispatch-job";
import { getJob } from "./get-job";
import { listJobs } from "./queries";
import { getTemplate, listTemplates } from "./templates";

export const computeRouter = router({
  job: router({
    list: queryOf(listJobs),
    get: queryOf(getJob),
    dispatch: mutationOf(dispatchJob),
    cancel: mutationOf(cancelJob),
    cancelMany: mutationOf(cancelJobs),
  }),
  template: router({ list: queryOf(listTemplates), get: queryOf(getTemplate) }),
});
