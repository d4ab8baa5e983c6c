// One inference thread with one model: what a plain server beside its model would have.
import { parentPort, workerData } from "node:worker_threads";
import ort from "onnxruntime-node";

const session = await ort.InferenceSession.create(workerData, { intraOpNumThreads: 1, interOpNumThreads: 1 });
parentPort.on("message", async ({ id, shape, data }) => {
  const { label, score } = await session.run({ features: new ort.Tensor("float32", data, shape) });
  parentPort.postMessage({
    id,
    outputs: [
      { name: "label", datatype: "INT64", shape: label.dims, data: label.data },
      { name: "score", datatype: "FP32", shape: score.dims, data: score.data },
    ],
  });
});
parentPort.postMessage("ready");
