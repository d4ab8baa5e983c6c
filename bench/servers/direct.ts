// The model on a thread behind a plain server: parses, infers, answers. No sign-in, no checks, no split, no record.
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { listen } from "./listen";

interface Output {
  name: string;
  datatype: string;
  shape: number[];
  data: Float32Array | BigInt64Array;
}

process.env.ORT_DISABLE_TELEMETRY = "1";
const thread = new Worker(new URL("inference-thread.mjs", import.meta.url), {
  workerData: path.join(process.env.MODELWORKS_HOME ?? "", "model.onnx"),
  execArgv: [],
});
await once(thread, "message");
const waiting = new Map<number, (outputs: Output[]) => void>();
thread.on("message", ({ id, outputs }: { id: number; outputs: Output[] }) => {
  waiting.get(id)?.(outputs);
  waiting.delete(id);
});
let asked = 0;

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const { inputs } = JSON.parse(Buffer.concat(chunks).toString()) as {
      inputs: { shape: number[]; data: number[] }[];
    };
    const [input] = inputs;
    if (!input) {
      res.writeHead(400, { "content-length": 0 }).end();
      return;
    }
    asked += 1;
    waiting.set(asked, (outputs) => {
      const shown = outputs.map((output) => ({ ...output, data: Array.from(output.data, Number) }));
      const text = JSON.stringify({ model_name: "bench", outputs: shown });
      res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      res.end(text);
    });
    thread.postMessage({ id: asked, shape: input.shape, data: Float32Array.from(input.data) });
  });
});
listen(server);
