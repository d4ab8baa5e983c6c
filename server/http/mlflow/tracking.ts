import * as experiments from "@/server/experiments";
import { experimentMessage, metricMessage, runInfoMessage, runMessage } from "./messages";
import {
  eachOf,
  fieldsOf,
  folderIn,
  given,
  idOrUnset,
  listed,
  pairs,
  runIdOf,
  text,
  type Endpoint,
  type Params,
} from "./wire";

const searchInput = (params: Params) => ({
  filter: given(params.filter),
  orderBy: listed(params.order_by),
  viewType: given(params.view_type ?? params.run_view_type),
  maxResults: given(params.max_results),
  pageToken: given(params.page_token),
});

const METRIC = ["key", "value", "timestamp", "step", "model_id", "dataset_name", "dataset_digest"];
const DATASET = ["name", "digest", "source_type", "source", "schema", "profile"];

/** A dataset with what it was used for. */
function datasetInput(value: unknown): unknown {
  const input = fieldsOf(value, ["tags", "dataset"]);
  if (input === null || typeof input !== "object") return input;
  const { tags, dataset }: { tags?: unknown; dataset?: unknown } = input;
  return { ...(tags === undefined ? {} : { tags: pairs(tags) }), dataset: fieldsOf(dataset, DATASET) };
}

const searchExperiments = async (caller: Parameters<Endpoint["run"]>[0], params: Params) => {
  const page = await experiments.searchExperiments.execute(caller, searchInput(params));
  return { experiments: page.items.map(experimentMessage), next_page_token: page.nextCursor };
};

export const experimentEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/experiments/create",
    required: ["name"],
    run: async (caller, p) => {
      const row = await experiments.createExperiment.execute(caller, {
        name: p.name,
        artifactLocation: given(p.artifact_location),
        tags: pairs(p.tags),
      });
      return { experiment_id: String(row.id) };
    },
  },
  {
    method: "GET",
    path: "/experiments/get",
    required: ["experiment_id"],
    run: async (caller, p) => ({
      experiment: experimentMessage(
        await experiments.getExperiment.execute(caller, { experimentId: idOrUnset(p.experiment_id) }),
      ),
    }),
  },
  {
    method: "GET",
    path: "/experiments/get-by-name",
    required: ["experiment_name"],
    run: async (caller, p) => ({
      experiment: experimentMessage(
        await experiments.getExperimentByName.execute(caller, { name: p.experiment_name }),
      ),
    }),
  },
  { method: "POST", path: "/experiments/search", run: searchExperiments },
  { method: "GET", path: "/experiments/search", run: searchExperiments },
  {
    method: "POST",
    path: "/experiments/delete",
    required: ["experiment_id"],
    run: (caller, p) =>
      experiments.deleteExperiment
        .execute(caller, { experimentId: idOrUnset(p.experiment_id) })
        .then(() => ({})),
  },
  {
    method: "POST",
    path: "/experiments/restore",
    required: ["experiment_id"],
    run: (caller, p) =>
      experiments.restoreExperiment
        .execute(caller, { experimentId: idOrUnset(p.experiment_id) })
        .then(() => ({})),
  },
  {
    method: "POST",
    path: "/experiments/update",
    required: ["experiment_id", "new_name"],
    run: (caller, p) =>
      experiments.renameExperiment
        .execute(caller, { experimentId: idOrUnset(p.experiment_id), name: p.new_name })
        .then(() => ({})),
  },
  {
    method: "POST",
    path: "/experiments/set-experiment-tag",
    required: ["experiment_id", "key"],
    run: (caller, p) =>
      experiments.setExperimentTag.execute(caller, {
        experimentId: idOrUnset(p.experiment_id),
        key: p.key,
        value: text(p, "value"),
      }),
  },
  {
    method: "POST",
    path: "/experiments/delete-experiment-tag",
    required: ["experiment_id", "key"],
    run: (caller, p) =>
      experiments.deleteExperimentTag.execute(caller, {
        experimentId: idOrUnset(p.experiment_id),
        key: p.key,
      }),
  },
];

export const runEndpoints: Endpoint[] = [
  {
    method: "POST",
    path: "/runs/create",
    run: async (caller, p) => {
      const run = await experiments.createRun.execute(caller, {
        experimentId: idOrUnset(p.experiment_id),
        runName: p.run_name,
        userName: given(p.user_id),
        startMs: given(p.start_time),
        tags: pairs(p.tags),
      });
      return { run: runMessage(run) };
    },
  },
  {
    method: "POST",
    path: "/runs/update",
    required: ["run_id"],
    run: async (caller, p) => {
      const run = await experiments.updateRun.execute(caller, {
        runId: runIdOf(p),
        status: given(p.status),
        endMs: given(p.end_time),
        runName: p.run_name,
      });
      return { run_info: runInfoMessage(run) };
    },
  },
  {
    method: "GET",
    path: "/runs/get",
    required: ["run_id"],
    run: async (caller, p) => ({
      run: runMessage(await experiments.getRun.execute(caller, { runId: runIdOf(p) })),
    }),
  },
  {
    method: "POST",
    path: "/runs/search",
    run: async (caller, p) => {
      const page = await experiments.searchRuns.execute(caller, {
        ...searchInput(p),
        experimentIds: listed(p.experiment_ids).map(idOrUnset),
      });
      return { runs: page.items.map(runMessage), next_page_token: page.nextCursor };
    },
  },
  {
    method: "POST",
    path: "/runs/delete",
    required: ["run_id"],
    run: (caller, p) => experiments.deleteRun.execute(caller, { runId: p.run_id }).then(() => ({})),
  },
  {
    method: "POST",
    path: "/runs/restore",
    required: ["run_id"],
    run: (caller, p) => experiments.restoreRun.execute(caller, { runId: p.run_id }).then(() => ({})),
  },
  {
    method: "POST",
    path: "/runs/log-metric",
    required: ["run_id", "key", "value", "timestamp"],
    run: (caller, p) =>
      experiments.logBatch.execute(caller, {
        runId: runIdOf(p),
        metrics: [fieldsOf(p, METRIC)],
      }),
  },
  {
    method: "POST",
    path: "/runs/log-parameter",
    required: ["run_id", "key"],
    run: (caller, p) =>
      experiments.logBatch.execute(caller, {
        runId: runIdOf(p),
        params: [{ key: p.key, value: text(p, "value") }],
      }),
  },
  {
    method: "POST",
    path: "/runs/set-tag",
    required: ["run_id", "key"],
    run: (caller, p) =>
      experiments.logBatch.execute(caller, {
        runId: runIdOf(p),
        tags: [{ key: p.key, value: text(p, "value") }],
      }),
  },
  {
    method: "POST",
    path: "/runs/delete-tag",
    required: ["run_id", "key"],
    run: (caller, p) => experiments.deleteRunTag.execute(caller, { runId: p.run_id, key: p.key }),
  },
  {
    method: "POST",
    path: "/runs/log-batch",
    required: ["run_id"],
    run: (caller, p) =>
      experiments.logBatch.execute(caller, {
        runId: runIdOf(p),
        metrics: eachOf(p.metrics, (each) => fieldsOf(each, METRIC)),
        params: pairs(p.params),
        tags: pairs(p.tags),
      }),
  },
  {
    method: "POST",
    path: "/runs/log-inputs",
    required: ["run_id"],
    run: (caller, p) =>
      experiments.logInputs.execute(caller, {
        runId: p.run_id,
        datasets: eachOf(p.datasets, datasetInput),
        models: eachOf(p.models, (each) => fieldsOf(each, ["model_id"])),
      }),
  },
  {
    method: "POST",
    path: "/runs/outputs",
    required: ["run_id"],
    run: (caller, p) =>
      experiments.logOutputs.execute(caller, {
        runId: p.run_id,
        models: eachOf(p.models, (each) => fieldsOf(each, ["model_id", "step"])),
      }),
  },
  {
    method: "GET",
    path: "/metrics/get-history",
    required: ["run_id", "metric_key"],
    run: async (caller, p) => {
      const page = await experiments.metricHistory.execute(caller, {
        runId: runIdOf(p),
        key: p.metric_key,
        maxResults: given(p.max_results),
        pageToken: given(p.page_token),
      });
      return { metrics: page.items.map(metricMessage), next_page_token: page.nextCursor };
    },
  },
  {
    method: "GET",
    path: "/artifacts/list",
    required: ["run_id"],
    run: async (caller, p) => {
      const run = await experiments.getRun.execute(caller, { runId: runIdOf(p) });
      const folder = folderIn(run.artifactRoot, given(p.path));
      const files = await experiments.listArtifacts.execute(caller, { path: folder });
      return {
        root_uri: `mlflow-artifacts:/${run.artifactRoot}`,
        files: files.map((file) => ({ path: file.path, is_dir: file.isDir, file_size: file.sizeBytes })),
      };
    },
  },
];
