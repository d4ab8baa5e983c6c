import type { Snippet } from "@/components/common/copy-snippet";
import { curlOf, pythonBody, pythonOf, pythonRow, shapeOf, valueOf } from "@/components/common/infer-request";
import type { DeploymentView } from "./types";

const NUMPY: Record<string, string> = {
  FP64: "float64",
  FP32: "float32",
  INT64: "int64",
  INT32: "int32",
  INT16: "int16",
  INT8: "int8",
  UINT64: "uint64",
  UINT32: "uint32",
  UINT16: "uint16",
  UINT8: "uint8",
  FP16: "float16",
  BOOL: "bool_",
  BYTES: "object_",
};

/** How to ask the deployment: the tensors' names, types and sizes are the model's own, the numbers are to be replaced. */
export function requestSnippets(deployment: DeploymentView): Snippet[] {
  const { name, gatewayUrl, signature } = deployment;
  if (!signature) return [];
  const url = new URL(gatewayUrl);
  const arrays = signature.inputs.map((tensor, index) => {
    const dtype = NUMPY[tensor.datatype] ?? "float32";
    return `x${index} = np.full(${JSON.stringify(shapeOf(tensor))}, ${pythonOf(valueOf(tensor.datatype))}, dtype=np.${dtype})
i${index} = http.InferInput(${JSON.stringify(tensor.name)}, list(x${index}.shape), ${JSON.stringify(tensor.datatype)})
i${index}.set_data_from_numpy(x${index})`;
  });
  return [
    {
      label: "curl",
      code: curlOf(`${gatewayUrl}/v2/models/${name}/infer`, signature.inputs),
    },
    {
      label: "Python requests",
      code: `import os, requests

${pythonRow(signature.inputs)}answer = requests.post(
    "${gatewayUrl}/v2/models/${name}/infer",
    headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
    json=${pythonBody(signature.inputs, true)},
)
answer.raise_for_status()
print(answer.json()["id"], answer.json()["outputs"])`,
    },
    {
      label: "Feedback (Python)",
      code: `# what came true, by the id of the answer; sent again, the latest counts
import os, requests

told = requests.post(
    "$MODELWORKS_URL/api/v1/feedback",
    headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
    json={"items": [{"predictionId": "prd_…", "value": 1}]},
)
told.raise_for_status()
print(told.json()["summary"])`,
    },
    {
      label: "Python tritonclient",
      code: `import os
import numpy as np
import tritonclient.http as http

client = http.InferenceServerClient("${url.host}", ssl=${url.protocol === "https:" ? "True" : "False"})
${arrays.join("\n")}
answer = client.infer(
    "${name}",
    inputs=[${signature.inputs.map((_, index) => `i${index}`).join(", ")}],
    headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
)
print(answer.get_response()["id"], answer.as_numpy(${JSON.stringify(signature.outputs[0]?.name ?? "output")}))`,
    },
  ];
}
