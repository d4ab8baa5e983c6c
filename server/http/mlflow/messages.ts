import type { Int64 } from "@/server/core/int64";
import { artifactRootOfModel, type LoggedModel, type RunDetail } from "@/server/experiments";

const pairs = (map: Record<string, string>) => Object.entries(map).map(([key, value]) => ({ key, value }));
const orUnset = <T>(items: T[]): T[] | undefined => (items.length > 0 ? items : undefined);

interface ExperimentRow {
  id: number;
  name: string;
  lifecycle: string;
  tags: Record<string, string>;
  createdAt: Date;
  updatedAt: Date;
}

export const experimentMessage = (row: ExperimentRow) => ({
  experiment_id: String(row.id),
  name: row.name,
  artifact_location: `mlflow-artifacts:/${row.id}`,
  lifecycle_stage: row.lifecycle,
  creation_time: row.createdAt.getTime(),
  last_update_time: row.updatedAt.getTime(),
  tags: orUnset(pairs(row.tags)),
});

export const runInfoMessage = (run: RunDetail) => ({
  run_id: run.id,
  run_uuid: run.id,
  run_name: run.name,
  experiment_id: String(run.experimentId),
  user_id: run.userName,
  status: run.status,
  start_time: run.startMs,
  end_time: run.endMs,
  artifact_uri: `mlflow-artifacts:/${run.artifactRoot}`,
  lifecycle_stage: run.lifecycle,
});

interface MetricRow {
  key: string;
  value: number;
  isNan: boolean;
  step: Int64;
  timestampMs: Int64;
  modelId?: string;
  runId?: string;
  datasetName?: string | null;
  datasetDigest?: string | null;
}

export const metricMessage = (metric: MetricRow) => ({
  key: metric.key,
  value: metric.isNan ? Number.NaN : metric.value,
  timestamp: metric.timestampMs,
  step: metric.step,
  model_id: metric.modelId || undefined,
  dataset_name: metric.datasetName ?? undefined,
  dataset_digest: metric.datasetDigest ?? undefined,
  run_id: metric.runId,
});

export const runMessage = (run: RunDetail) => ({
  info: runInfoMessage(run),
  data: {
    metrics: orUnset(run.metrics.map(metricMessage)),
    params: orUnset(run.params),
    tags: orUnset(run.tags),
  },
  inputs: {
    dataset_inputs: orUnset(
      run.inputs.map((input) => ({
        tags: orUnset(pairs(input.tags)),
        dataset: {
          name: input.name,
          digest: input.digest,
          source_type: input.sourceType,
          source: input.source,
          schema: input.schema,
          profile: input.profile,
        },
      })),
    ),
    model_inputs: orUnset(run.modelInputs.map((input) => ({ model_id: input.modelId }))),
  },
  outputs: {
    model_outputs: orUnset(run.outputs.map((output) => ({ model_id: output.modelId, step: output.step }))),
  },
});

export const loggedModelMessage = (model: LoggedModel & { metrics?: readonly MetricRow[] }) => ({
  info: {
    model_id: model.id,
    experiment_id: String(model.experimentId),
    name: model.name,
    creation_timestamp_ms: model.createdAt.getTime(),
    last_updated_timestamp_ms: model.updatedAt.getTime(),
    artifact_uri: `mlflow-artifacts:/${artifactRootOfModel(model)}`,
    status: model.status,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    tags: orUnset(pairs(model.tags)),
  },
  data: {
    params: orUnset(pairs(model.params)),
    metrics: orUnset((model.metrics ?? []).map(metricMessage)),
  },
});
