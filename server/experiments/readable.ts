import { readable } from "@/db/readable";
import { experiments, loggedModels, runInputs, runLatestMetrics, runParams, runs } from "@/db/schema";

export const readableRuns = readable(runs, "experimentId", "id", "jobId", "name", "userId")("readable_runs");
export const readableRunInputs = readable(
  runInputs,
  "datasetVersionId",
  "name",
  "runId",
)("readable_run_inputs");
export const readableRunParams = readable(
  runParams,
  "key",
  "loggedAt",
  "runId",
  "value",
)("readable_run_params");
export const readableExperiments = readable(experiments, "id", "name")("readable_experiments");
export const readableLoggedModels = readable(loggedModels, "createdBy", "id")("readable_logged_models");
export const readableLatestMetrics = readable(
  runLatestMetrics,
  "runId",
  "firstMs",
)("readable_latest_metrics");
