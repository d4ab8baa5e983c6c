import { mutationOf, queryOf, router } from "@/server/kit/trpc";
import { listArtifacts } from "./artifact-verbs";
import { createExperiment, deleteExperiment, getExperiment, renameExperiment } from "./experiment-verbs";
import { listExperiments, listRuns } from "./list-queries";
import { metricChanges } from "./metric-changes";
import { compareRuns, metricKeys, metricSeries } from "./metric-queries";
import { getRun } from "./queries";
import { deleteRun, restoreRun, updateRun } from "./run-verbs";

export const experimentsRouter = router({
  list: queryOf(listExperiments),
  get: queryOf(getExperiment),
  create: mutationOf(createExperiment),
  rename: mutationOf(renameExperiment),
  delete: mutationOf(deleteExperiment),
  runs: queryOf(listRuns),
  run: queryOf(getRun),
  updateRun: mutationOf(updateRun),
  deleteRun: mutationOf(deleteRun),
  restoreRun: mutationOf(restoreRun),
  metricKeys: queryOf(metricKeys),
  metricSeries: queryOf(metricSeries),
  metricChanges: queryOf(metricChanges),
  compare: queryOf(compareRuns),
  artifacts: queryOf(listArtifacts),
});
