export { admitJobs } from "./admit-jobs";
export { cancelJob, cancelJobs } from "./cancel-job";
export { dispatchJob } from "./dispatch-job";
export { getJob } from "./get-job";
export { jobOf, type Job } from "./load";
export { listJobs } from "./queries";
export { listTemplates, templateOf } from "./templates";
export type { DispatchJobInput, JobSpec, JobState } from "./schemas";
export { readableJobInputs, readableJobs } from "./readable";
