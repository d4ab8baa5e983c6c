import { readable } from "@/db/readable";
import { jobInputs, jobs } from "@/db/schema";

export const readableJobs = readable(
  jobs,
  "id",
  "teamId",
  "createdBy",
  "name",
  "state",
  "spec",
  "specDigest",
  "createdAt",
)("readable_jobs");
export const readableJobInputs = readable(
  jobInputs,
  "datasetVersionId",
  "jobId",
  "manifestDigest",
  "name",
)("readable_job_inputs");
