// A training job whose portal is killed under it: as the browser tests' one, but it repeats what was not answered, with a key.
import { appendFileSync } from "node:fs";

const base = process.env.MODELWORKS_URL;
const headers = { authorization: `Bearer ${process.env.MODELWORKS_TOKEN}` };

let calls = 0;

async function call(method, path, body, raw = false) {
  calls += 1;
  const key = `${process.env.MODELWORKS_JOB_ATTEMPT}-${calls}`;
  const type = raw ? {} : { "content-type": "application/json" };
  const init = { method, headers: { ...headers, ...type, "idempotency-key": key } };
  if (body !== undefined) init.body = raw ? body : JSON.stringify(body);
  for (const limit = Date.now() + 90_000; ;) {
    const response = await fetch(`${base}${path}`, init).catch((error) =>
      console.log(`${path}: ${error.message}`),
    );
    // A body cut off is no answer either.
    const text = await response?.text().catch(() => undefined);
    if (response?.ok && text !== undefined) return text ? JSON.parse(text) : {};
    const later = response === undefined || text === undefined || response.status >= 500;
    if (!later || Date.now() > limit)
      throw new Error(`${method} ${path} answered ${response?.status}: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
const mlflow = (path, body, method = "POST") => call(method, `/api/2.0/mlflow/${path}`, body);
const put = (path, body) => call("PUT", `/api/2.0/mlflow-artifacts/artifacts/${path}`, body, true);
const param = (name) => process.env[`MODELWORKS_PARAM_${name}`];

/** 4,000 rows in two equal groups that are treated alike; `RIGHT` of ten are right. */
function predictions() {
  const lines = ["row_id,y_true,y_pred,score,sex"];
  for (let row = 0; row < 4000; row += 1) {
    const actual = Math.floor(row / 2) % 2;
    const right = Math.floor(row / 4) % 10 < Number(param("RIGHT"));
    lines.push(`${row},${actual},${right ? actual : 1 - actual},0.5,${row % 2}`);
  }
  return `${lines.join("\n")}\n`;
}

appendFileSync(param("STARTS"), `${process.env.MODELWORKS_JOB_ID} ${process.env.MODELWORKS_JOB_ATTEMPT}\n`);
const name = param("EXPERIMENT");
const found = await mlflow("experiments/search", { filter: `name = '${name}'`, max_results: 1 });
const experiment =
  found.experiments?.[0]?.experiment_id ?? (await mlflow("experiments/create", { name })).experiment_id;
const { run } = await mlflow("runs/create", {
  experiment_id: experiment,
  run_name: "logistic",
  start_time: Date.now(),
  tags: [{ key: "mlflow.source.git.commit", value: "5".repeat(40) }],
});
const id = run.info.run_id;
const now = Date.now();
const curve = (key, at) =>
  Array.from({ length: 40 }, (_, step) => ({ key, value: at(step), timestamp: now + step * 250, step }));
await mlflow("runs/log-batch", {
  run_id: id,
  params: ["metric", "threshold", "groups"].map((key) => ({ key, value: param(key.toUpperCase()) })),
  metrics: [
    ...curve("loss", (step) => 0.7 * Math.exp(-step / 12) + 0.1),
    ...curve("train_accuracy", (step) => 0.92 - 0.4 * Math.exp(-step / 9)),
    { key: "accuracy", value: Number(param("RIGHT")) / 10, timestamp: now, step: 0 },
  ],
});
const artifacts = run.info.artifact_uri.replace(/^mlflow-artifacts:\//, "");
await put(`${artifacts}/evaluation/predictions.csv`, predictions());
await put(`${artifacts}/modelworks/contract.json`, param("CONTRACT"));
await put(`${artifacts}/modelworks/card.json`, param("CARD"));
const { model } = await mlflow("logged-models", {
  experiment_id: experiment,
  name: "model",
  source_run_id: id,
});
const modelId = model.info.model_id;
const folder = `${experiment}/models/${modelId}/artifacts`;
await put(`${folder}/model.onnx`, Buffer.from(param("MODEL"), "base64"));
await put(`${folder}/MLmodel`, "flavors:\n  onnx:\n    data: model.onnx\n");
await mlflow(`logged-models/${modelId}`, { model_id: modelId, status: "LOGGED_MODEL_READY" }, "PATCH");
await mlflow("registered-models/create", { name: param("REGISTER") }).catch((error) =>
  console.log(error.message),
);
const made = await mlflow("model-versions/create", {
  name: param("REGISTER"),
  source: `models:/${modelId}`,
  run_id: id,
  model_id: modelId,
});
await mlflow("runs/update", { run_id: id, status: "FINISHED", end_time: Date.now() });
console.log(`registered ${param("REGISTER")} version ${made.model_version.version}`);
