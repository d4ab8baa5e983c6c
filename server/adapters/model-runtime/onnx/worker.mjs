// Loads ONNX models and runs them. session.run blocks its thread, which is why this is a thread of its own.
import { parentPort } from "node:worker_threads";
import ort from "onnxruntime-node";

const OIP = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};
const ORT = Object.fromEntries(Object.entries(OIP).map(([ortType, oip]) => [oip, ortType]));
/** digest → { session, inputs, outputs } */
const models = new Map();

class Refused extends Error {}

function signatureOf(list, what) {
  return list.map((item) => {
    if (!item.isTensor) {
      throw new Refused(
        `${what} "${item.name}" is no tensor but a map or sequence; convert the model again so that it gives tensors (scikit-learn: options={"zipmap": False})`,
      );
    }
    const datatype = OIP[item.type];
    if (!datatype) throw new Refused(`${what} "${item.name}" has the type ${item.type}, which is not served`);
    return {
      name: item.name,
      datatype,
      shape: item.shape.map((size) => (typeof size === "number" && size >= 0 ? size : -1)),
    };
  });
}

async function load({ digest, path }) {
  const known = models.get(digest);
  if (known) return { inputs: known.inputs, outputs: known.outputs };
  let session;
  try {
    session = await ort.InferenceSession.create(path, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new Refused(`not a model this runtime can load: ${error.message}`);
  }
  const model = {
    session,
    inputs: signatureOf(session.inputMetadata, "input"),
    outputs: signatureOf(session.outputMetadata, "output"),
  };
  models.set(digest, model);
  return { inputs: model.inputs, outputs: model.outputs };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

function textOf(name, bytes, index) {
  // The runtime takes texts as C does and would cut this one.
  if (bytes.includes(0))
    throw new Refused(
      `input "${name}" holds a zero byte in element ${index}, which an ONNX model cannot be given`,
    );
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refused(`input "${name}" holds bytes in element ${index} that are no UTF-8 text`);
  }
}

function toOrt({ name, datatype, shape, data }) {
  const type = ORT[datatype];
  if (!type)
    throw new Refused(`input "${name}" has the datatype ${datatype}, which an ONNX model cannot be given`);
  const elements = type === "string" ? data.map((bytes, index) => textOf(name, bytes, index)) : data;
  return new ort.Tensor(type, elements, shape);
}

function fromOrt(name, { type, dims, data }) {
  let elements = data;
  if (type === "string") elements = Array.from(data, (text) => encoder.encode(text));
  // A Float16Array where there is one.
  else if (type === "float16") elements = new Uint16Array(data.buffer, data.byteOffset, data.length);
  return { name, datatype: OIP[type], shape: [...dims], data: elements };
}

async function infer({ digest, inputs }) {
  const model = models.get(digest);
  if (!model) throw new Refused(`the model ${digest} is not loaded`);
  const feeds = Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrt(tensor)]));
  let results;
  try {
    results = await model.session.run(feeds);
  } catch (error) {
    throw new Refused(error.message);
  }
  return model.outputs.map((output) => fromOrt(output.name, results[output.name]));
}

async function unload({ digest }) {
  const model = models.get(digest);
  models.delete(digest);
  await model?.session.release();
  return null;
}

const calls = { load, infer, unload };

parentPort.on("message", async ({ id, call, args }) => {
  try {
    parentPort.postMessage({ id, ok: true, value: await calls[call](args) });
  } catch (error) {
    parentPort.postMessage({ id, ok: false, refused: error instanceof Refused, message: error.message });
  }
});
