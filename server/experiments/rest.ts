import { rest } from "@/server/kit/rest";
import { createExperiment, getExperiment } from "./experiment-verbs";
import { listExperiments, listRuns } from "./list-queries";
import { logBatch } from "./log-batch";
import { metricChanges } from "./metric-changes";
import { compareRuns, metricHistory, metricSeries } from "./metric-queries";
import { getRun } from "./queries";
import { createRun, deleteRun, restoreRun, updateRun } from "./run-verbs";

const TAG = "Experiments";

export const experimentRoutes = [
  rest(TAG, "get", "/experiments", listExperiments),
  rest(TAG, "post", "/experiments", createExperiment, { status: 201 }),
  rest(TAG, "get", "/experiments/{experimentId}", getExperiment),
  rest(TAG, "get", "/experiments/{experimentId}/runs", listRuns),
  rest(TAG, "post", "/experiments/{experimentId}/runs", createRun, { status: 201 }),
  rest(TAG, "get", "/runs/{runId}", getRun),
  rest(TAG, "patch", "/runs/{runId}", updateRun),
  rest(TAG, "delete", "/runs/{runId}", deleteRun),
  rest(TAG, "post", "/runs/{runId}/restore", restoreRun),
  rest(TAG, "post", "/runs/{runId}/log-batch", logBatch),
  rest(TAG, "get", "/runs/{runId}/metrics/{key}", metricHistory),
  rest(TAG, "post", "/runs/compare", compareRuns),
  rest(TAG, "post", "/runs/metric-series", metricSeries),
  rest(TAG, "post", "/runs/{runId}/metric-changes", metricChanges),
];
