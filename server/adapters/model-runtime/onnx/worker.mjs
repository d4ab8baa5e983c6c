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
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};
const ORT = Object.fromEntries(Object.entries(OIP).map(([ortType, oip]) => [oip, ortType]));
const ARRAYS = {
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** digest → { session, inputs, outputs } */
const models = new Map();

class Refused extends Error {}

function signatureOf(list, what) {
  return list.map((item) => {
    if (!item.isTensor) {
      throw new Refused(
        `${what} "${item.name}" is no tensor (a map or sequence); export the model with zipmap off`,
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

function toOrt(tensor) {
  const type = ORT[tensor.datatype];
  if (type === "string") return new ort.Tensor("string", tensor.data, tensor.shape);
  const ArrayType = ARRAYS[type];
  const big = ArrayType === BigInt64Array || ArrayType === BigUint64Array;
  const data = big
    ? ArrayType.from(tensor.data, (value) => BigInt(value))
    : ArrayType.from(tensor.data, Number);
  return new ort.Tensor(type, data, tensor.shape);
}

function fromOrt(name, tensor) {
  const datatype = OIP[tensor.type];
  let data;
  if (tensor.type === "bool") data = Array.from(tensor.data, Boolean);
  else if (tensor.type === "int64" || tensor.type === "uint64") {
    data = Array.from(tensor.data, (value) => {
      const number = Number(value);
      return Number.isSafeInteger(number) ? number : String(value);
    });
  } else data = Array.from(tensor.data);
  return { name, datatype, shape: [...tensor.dims], data };
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
