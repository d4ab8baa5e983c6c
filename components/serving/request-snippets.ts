import type { Snippet } from "@/components/common/copy-snippet";
import type { DeploymentView } from "./types";

type Tensor = NonNullable<DeploymentView["signature"]>["inputs"][number];

/** A request of one row: a free first dimension becomes 1, any other free one too. */
const shapeOf = (tensor: Tensor): number[] =>
  tensor.shape.map((size) => (typeof size === "number" && size > 0 ? size : 1));
const NUMPY: Record<string, string> = {
  FP64: "float64",
  FP32: "float32",
  INT64: "int64",
  INT32: "int32",
  BOOL: "bool_",
  BYTES: "object_",
};

function valueOf(datatype: string): unknown {
  if (datatype === "BYTES") return "text";
  if (datatype === "BOOL") return true;
  return datatype.startsWith("FP") || datatype === "BF16" ? 0.5 : 1;
}

function inputOf(tensor: Tensor) {
  const shape = shapeOf(tensor);
  const size = shape.reduce((product, each) => product * each, 1);
  return {
    name: tensor.name,
    shape,
    datatype: tensor.datatype,
    data: Array.from({ length: Math.min(size, 64) }, () => valueOf(tensor.datatype)),
  };
}

/** How to ask the deployment: the tensors' names, types and sizes are the model's own, the numbers are to be replaced. */
export function requestSnippets(deployment: DeploymentView): Snippet[] {
  const { name, gatewayUrl, signature } = deployment;
  if (!signature) return [];
  const body = JSON.stringify({ inputs: signature.inputs.map(inputOf) });
  const url = new URL(gatewayUrl);
  const arrays = signature.inputs.map((tensor, index) => {
    const dtype = NUMPY[tensor.datatype] ?? "float32";
    return `x${index} = np.full(${JSON.stringify(shapeOf(tensor))}, ${JSON.stringify(valueOf(tensor.datatype)).replace("true", "True")}, dtype=np.${dtype})
i${index} = http.InferInput(${JSON.stringify(tensor.name)}, list(x${index}.shape), ${JSON.stringify(tensor.datatype)})
i${index}.set_data_from_numpy(x${index}, binary_data=False)`;
  });
  const outputs = signature.outputs
    .map((tensor) => `http.InferRequestedOutput(${JSON.stringify(tensor.name)}, binary_data=False)`)
    .join(", ");
  return [
    {
      label: "curl",
      code: `curl "${gatewayUrl}/v2/models/${name}/infer" \\
  -H "authorization: Bearer $MODELWORKS_TOKEN" -H "content-type: application/json" \\
  -d '${body}'`,
    },
    {
      label: "Python requests",
      code: `import os, requests

answer = requests.post(
    "${gatewayUrl}/v2/models/${name}/infer",
    headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
    json=${body.replaceAll("true", "True")},
)
answer.raise_for_status()
print(answer.json()["id"], answer.json()["outputs"])`,
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
    outputs=[${outputs}],
    headers={"authorization": f"Bearer {os.environ['MODELWORKS_TOKEN']}"},
)
print(answer.get_response()["id"], answer.as_numpy(${JSON.stringify(signature.outputs[0]?.name ?? "output")}))`,
    },
  ];
}
