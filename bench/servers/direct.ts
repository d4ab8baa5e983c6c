// The model on a thread behind a plain server.
import { once } from "node:events";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { type Answer, servePlainly } from "./plain-server";

type Outputs = Parameters<Answer>[0];

process.env.ORT_DISABLE_TELEMETRY = "1";
const thread = new Worker(new URL("inference-thread.mjs", import.meta.url), {
  workerData: path.join(process.env.MODELWORKS_HOME ?? "", "model.onnx"),
  execArgv: [],
});
await once(thread, "message");
const waiting = new Map<number, Answer>();
thread.on("message", ({ id, outputs }: { id: number; outputs: Outputs }) => {
  waiting.get(id)?.(outputs);
  waiting.delete(id);
});
let asked = 0;
servePlainly((row, answer) => {
  asked += 1;
  waiting.set(asked, answer);
  thread.postMessage({ id: asked, ...row });
});
