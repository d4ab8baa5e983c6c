import path from "node:path";
import { createOnnxRuntime } from "@/server/adapters/model-runtime/onnx/runtime";

export const DIGEST = "sha256:bench";

/** The benchmark's model on one inference thread, the same for both servers. */
export async function loadModel() {
  const runtime = createOnnxRuntime({ threads: 1 });
  const file = path.join(process.env.MODELWORKS_HOME ?? "", "model.onnx");
  return { runtime, signature: await runtime.load(DIGEST, file) };
}
