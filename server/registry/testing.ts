import { Readable } from "node:stream";
import onnxProto from "onnx-proto";
import { datasetVersions, datasets, jobInputs, jobs } from "@/db/schema";
import { objectStore } from "@/server/composition";
import type { Caller, Ctx } from "@/server/core/context";
import { digestOf } from "@/server/core/digest";
import { newId } from "@/server/core/ids";
import {
  createExperiment,
  createLoggedModel,
  createRun,
  finalizeLoggedModel,
  logBatch,
  putArtifact,
  updateRun,
} from "@/server/experiments";
import { createModel, createVersion } from "./index";

/** Fixtures of the registry's own tests: real files in a real store, a real ONNX model made with its own library. */

const { onnx } = onnxProto;
const DIM = (size: number | string) => (typeof size === "number" ? { dimValue: size } : { dimParam: size });

export const FEATURES = ["age", "bmi", "bp"];

/** `label = ArgMax(features · W)`, `probabilities = Softmax(features · W)`. */
export function onnxModel(features = FEATURES): Buffer {
  const value = (name: string, elemType: number, ...dims: (number | string)[]) => ({
    name,
    type: { tensorType: { elemType, shape: { dim: dims.map(DIM) } } },
  });
  const weights = new Float32Array(features.length * 2).fill(0.25);
  return Buffer.from(
    onnx.ModelProto.encode({
      irVersion: 8,
      producerName: "modelworks-test",
      opsetImport: [{ domain: "", version: 17 }],
      metadataProps: [{ key: "feature_names", value: JSON.stringify(features) }],
      graph: {
        name: "classifier",
        node: [
          { opType: "MatMul", input: ["features", "w"], output: ["scores"] },
          { opType: "Softmax", input: ["scores"], output: ["probabilities"] },
          {
            opType: "ArgMax",
            input: ["scores"],
            output: ["label"],
            attribute: [
              { name: "axis", type: 2, i: 1 },
              { name: "keepdims", type: 2, i: 0 },
            ],
          },
        ],
        initializer: [
          { name: "w", dataType: 1, dims: [features.length, 2], rawData: new Uint8Array(weights.buffer) },
        ],
        input: [value("features", 1, "N", features.length)],
        output: [value("label", 7, "N"), value("probabilities", 1, "N", 2)],
      },
    }).finish(),
  );
}

export const goodContract = (features = FEATURES) => ({
  inputs: [{ name: "features", datatype: "FP32", shape: [-1, features.length], featureNames: features }],
  outputs: [
    { name: "label", datatype: "INT64", shape: [-1] },
    { name: "probabilities", datatype: "FP32", shape: [-1, 2] },
  ],
  resources: { cpuMilli: 500, memoryBytes: 536_870_912 },
  latencyBoundMs: 50,
  observability: ["latency", "errors"],
});

export const goodCard = () => ({
  summary: "Predicts progression from three numbers.",
  intended_use: "Triage, with a person deciding.",
  out_of_scope: "Decisions without a person.",
  training_data: "diabetes 1",
  evaluation: "Accuracy 0.9 on 400 rows.",
  fairness: "Selection rates by sex.",
  limitations: "Small evaluation set.",
  ethical: "Review the rates per group.",
  owner: "Risk",
  contact: "risk@example.org",
  licence: "Apache-2.0",
});

/** 4,000 rows in two equal groups, 90 % right, the groups treated exactly alike. */
export function goodPredictions(): string {
  const lines = ["row_id,y_true,y_pred,score,sex"];
  for (let row = 0; row < 4000; row += 1) {
    const actual = Math.floor(row / 2) % 2;
    const right = Math.floor(row / 4) % 10 !== 0;
    lines.push(`${row},${actual},${right ? actual : 1 - actual},0.5,${row % 2}`);
  }
  return `${lines.join("\n")}\n`;
}

export interface Line {
  experimentId: string;
  runId: string;
  jobId: string;
  datasetVersionId: string;
}

async function put(caller: Caller, path: string, body: Buffer | string): Promise<void> {
  const stored = await objectStore().put(Readable.from([Buffer.from(body)]));
  await putArtifact.execute(caller, { path, ...stored });
}

const sha = (text: string) => digestOf(text);

/** A dataset version, a finished-looking job with a pinned threshold, and a run of it with its evaluation files. */
export async function trainedRun(
  caller: Caller,
  ctx: Ctx,
  options: { files?: Record<string, string>; threshold?: number; groups?: string; withJob?: boolean } = {},
): Promise<Line> {
  const teamId = ctx.actor.teamId;
  const userId = caller.actor?.userId ?? "";
  const [datasetId, datasetVersionId, jobId] = [newId("dataset"), newId("datasetVersion"), newId("job")];
  await ctx.db
    .insert(datasets)
    .values({ id: datasetId, teamId, slug: datasetId, name: "Diabetes", ownerId: userId });
  await ctx.db.insert(datasetVersions).values({
    id: datasetVersionId,
    teamId,
    datasetId,
    number: 1,
    manifestDigest: sha(`${datasetVersionId} files`),
    contentDigest: sha(`${datasetVersionId} content`),
    schemaDigest: sha("schema"),
    canonicalisation: "v1",
    format: "csv",
    rowCount: 442,
    sizeBytes: 1000,
    columns: [],
    profile: {},
    preview: {},
    createdBy: userId,
  });
  const threshold = options.threshold ?? 0.8;
  const spec = {
    params: { metric: "accuracy", threshold, groups: options.groups ?? "sex" },
    requirements: "scikit-learn==1.7.0",
    template: { name: "tabular-classifier", version: "1.0.0" },
    code: { digest: sha("code"), files: [], gitCommit: "0".repeat(40), gitDirty: false },
  };
  if (options.withJob !== false) {
    await ctx.db.insert(jobs).values({
      id: jobId,
      teamId,
      name: "Train",
      spec,
      specDigest: digestOf(spec),
      state: "running",
      cpuMilli: 1000,
      memoryBytes: 1,
      timeLimitSeconds: 60,
      createdBy: userId,
      createdAt: new Date(Date.now() - 60_000),
    });
    await ctx.db
      .insert(jobInputs)
      .values({ jobId, name: "dataset", datasetVersionId, manifestDigest: sha(`${datasetVersionId} files`) });
  }
  const acting: Caller =
    options.withJob !== false && caller.actor ? { ...caller, actor: { ...caller.actor, jobId } } : caller;
  const experiment = await createExperiment.execute(caller, { name: `exp ${newId("run")}` });
  const experimentId = String(experiment.id);
  const run = await createRun.execute(acting, { experimentId, startMs: Date.now() });
  await logBatch.execute(acting, {
    runId: run.id,
    params: [
      { key: "metric", value: "accuracy" },
      { key: "threshold", value: String(threshold) },
      { key: "groups", value: options.groups ?? "sex" },
    ],
    metrics: [{ key: "accuracy", value: 0.9, timestamp: Date.now(), step: 0 }],
    tags: [],
  });
  const files = {
    "evaluation/predictions.csv": goodPredictions(),
    "modelworks/contract.json": JSON.stringify(goodContract()),
    "modelworks/card.json": JSON.stringify(goodCard()),
    ...options.files,
  };
  for (const [path, text] of Object.entries(files))
    if (text !== "") await put(caller, `${experimentId}/${run.id}/artifacts/${path}`, text);
  return { experimentId, runId: run.id, jobId, datasetVersionId };
}

/** Logs model files and registers them as the next version of `name`. */
export async function registeredVersion(
  caller: Caller,
  line: Line,
  options: { name: string; files?: Record<string, Buffer | string> },
) {
  const model = await createLoggedModel.execute(caller, {
    experimentId: line.experimentId,
    sourceRunId: line.runId,
    name: "model",
  });
  const files = options.files ?? {
    "model.onnx": onnxModel(),
    MLmodel: "flavors:\n  onnx:\n    data: model.onnx\n",
  };
  for (const [path, body] of Object.entries(files))
    await put(caller, `${line.experimentId}/models/${model.id}/artifacts/${path}`, body);
  await finalizeLoggedModel.execute(caller, { modelId: model.id, status: "LOGGED_MODEL_READY" });
  await createModel.execute(caller, { name: options.name, tags: [] }).catch(() => undefined);
  const version = await createVersion.execute(caller, {
    name: options.name,
    source: `models:/${model.id}`,
    loggedModelId: model.id,
  });
  return { version, modelRoot: `${line.experimentId}/models/${model.id}/artifacts` };
}

export const endRun = (caller: Caller, runId: string, status = "FINISHED") =>
  updateRun.execute(caller, { runId, status, endMs: Date.now() });
