/** The lines that start logging to this portal from any Python; the address is the one in the browser. */
export function trackingSnippets(experiment = "my experiment") {
  const origin = typeof window === "undefined" ? "$MODELWORKS_URL" : window.location.origin;
  return [
    {
      label: "Python",
      code: `# export MLFLOW_TRACKING_URI=${origin}
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
      code: `curl -X POST "${origin}/api/2.0/mlflow/runs/search" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '{"experiment_ids": ["0"], "max_results": 10}'`,
    },
  ];
}
