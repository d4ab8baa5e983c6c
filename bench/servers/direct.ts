// The model behind a plain server: parses, infers, answers. No sign-in, no checks, no split, no record.
import { createServer } from "node:http";
import { storedTensor } from "@/server/adapters/model-runtime/tensor-to-json";
import { listen } from "./listen";
import { DIGEST, loadModel } from "./model";

const { runtime } = await loadModel();
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on("data", (chunk: Buffer) => chunks.push(chunk));
  req.on("end", () => {
    const { inputs } = JSON.parse(Buffer.concat(chunks).toString()) as {
      inputs: { name: string; shape: number[]; datatype: "FP32"; data: number[] }[];
    };
    const tensors = inputs.map((input) => ({ ...input, data: Float32Array.from(input.data) }));
    runtime.infer(DIGEST, tensors).then(
      (outputs) => {
        const text = JSON.stringify({ model_name: "bench", outputs: outputs.map(storedTensor) });
        res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
        res.end(text);
      },
      () => res.writeHead(500, { "content-length": 0 }).end(),
    );
  });
});
listen(server);
