/** The lines that start logging to this portal from any Python; `CopySnippet` puts the address in. */
export function trackingSnippets(experiment = "my experiment") {
  return [
    {
      label: "Python",
      code: `# export MLFLOW_TRACKING_URI=$MODELWORKS_URL
# export MLFLOW_TRACKING_TOKEN=mw_…   (Settings, API tokens; scope "track")
import mlflow

mlflow.set_experiment("${experiment}")
with mlflow.start_run():
    mlflow.log_param("alpha", 0.1)
    for step in range(10):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`,
    },
    {
      label: "curl",
      code: `curl -X POST "$MODELWORKS_URL/api/2.0/mlflow/runs/search" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"experiment_ids": ["0"], "max_results": 10}'`,
    },
  ];
}
