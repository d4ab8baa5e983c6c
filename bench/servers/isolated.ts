// The model in a process of its own, as the gateway runs it, behind the same plain server: what isolation alone costs.
import { readFileSync } from "node:fs";
import path from "node:path";
import { createModelRuntime } from "@/server/adapters/model-runtime/model-runtime";
import { specOf } from "@/server/adapters/model-runtime/testing";
import { env } from "@/server/core/env";
import { servePlainly } from "./plain-server";

const runtime = createModelRuntime({ folder: path.join(env().home, "isolated") });
await runtime.load("bench", specOf(readFileSync(path.join(env().home, "model.onnx"))));
servePlainly(({ shape, data }, answer) => {
  void runtime.infer("bench", [{ name: "features", datatype: "FP32", shape, data }]).then(answer);
});
