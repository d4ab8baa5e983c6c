import type { Snippet } from "@/components/common/copy-snippet";
import { curlOf } from "@/components/common/infer-request";
import { versionApi } from "./links";
import type { VersionDetail } from "./types";

const python = (lines: string[]) => ({ language: "python" as const, code: lines.join("\n") });
const bash = (lines: string[]) => ({ language: "bash" as const, code: lines.join("\n") });

const loadSnippet = (version: VersionDetail, origin: string): Snippet => ({
  label: "Python: load",
  ...python([
    "import mlflow",
    `mlflow.set_tracking_uri("${origin}")  # token in MLFLOW_TRACKING_TOKEN`,
    version.weightsPath
      ? `model = mlflow.${version.servedBy.runtime === "python" ? "pyfunc" : "onnx"}.load_model("models:/${version.modelName}/${version.number}")`
      : `path = mlflow.artifacts.download_artifacts("models:/${version.modelName}/${version.number}")`,
  ]),
});

const nextSnippet = (version: VersionDetail, origin: string): Snippet => ({
  label: "mlflow: next version",
  ...python([
    "import mlflow",
    `mlflow.set_tracking_uri("${origin}")`,
    "with mlflow.start_run():",
    version.servedBy.runtime === "python"
      ? `    mlflow.sklearn.log_model(model, name="model", input_example=rows, registered_model_name="${version.modelName}")`
      : `    mlflow.onnx.log_model(onnx_model, name="model", registered_model_name="${version.modelName}")`,
  ]),
});

const nextEndpointSnippet = (version: VersionDetail, origin: string): Snippet => ({
  label: "curl: next version",
  ...bash([
    `curl -sS -X POST "${origin}/api/v1/models/${encodeURIComponent(version.modelName)}/endpoints" \\`,
    `  -H "Authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\`,
    `  -d '${JSON.stringify({ endpoint: version.endpoint?.file })}'`,
  ]),
});

/** Loading in Python, inferring with curl, and registering the next version. */
export function usageSnippets(version: VersionDetail, origin: string): Snippet[] {
  const deployment = version.deployments[0]?.name;
  return [
    // What runs elsewhere cannot be loaded.
    ...(version.endpoint ? [] : [loadSnippet(version, origin)]),
    ...(deployment
      ? [
          {
            label: "curl: infer",
            ...bash([
              curlOf(
                `${version.gatewayUrl}/v2/models/${deployment}/infer`,
                version.contract.contract?.inputs ?? [],
              ),
            ]),
          },
        ]
      : []),
    version.endpoint ? nextEndpointSnippet(version, origin) : nextSnippet(version, origin),
    {
      label: "curl: this page",
      ...bash([
        `curl -sS "${origin}${versionApi(version.modelName, version.number)}" -H "Authorization: Bearer $MODELWORKS_TOKEN"`,
      ]),
    },
  ];
}

/** Downloads nothing twice: run in the folder with the version's files; prints the manifest digest. */
export const manifestRecipe = (): string =>
  "find . -type f | sed 's|^\\./||' | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum";
