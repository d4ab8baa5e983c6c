// One ONNX model in its process: loads it, describes it, runs it.
import "./half-floats.mjs";
import ort from "onnxruntime-node";
import { ELEMENT_TYPES } from "../../datatypes.mjs";

const OIP = { ...ELEMENT_TYPES, string: "BYTES" };
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
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Types that the runtime's binding knows by their numbers only. */
const UNNAMED = {
  14: "complex64",
  15: "complex128",
  16: "bfloat16",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
};

/** A file that this runtime does not serve, or a value that it cannot be given, in words. */
export class Refused extends Error {}

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

/** @param {string} file Relative to the working directory, which holds nothing but the model's own files. */
export async function loadModel(file) {
  let session;
  try {
    session = await ort.InferenceSession.create(file, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: "sequential",
      // What a large request took goes back to the machine; an arena would keep it for ever.
      enableCpuMemArena: false,
      logSeverityLevel: 4,
    });
  } catch (error) {
    const type = UNNAMED[/Unsupported data type: (\d+)/.exec(error.message)?.[1]];
    if (type) throw new Refused(`an input or output has the type ${type}, which is not served`);
    throw new Refused(`not a model this runtime can load: ${error.message}`);
  }
  return {
    session,
    inputs: signatureOf(session.inputMetadata, "input"),
    outputs: signatureOf(session.outputMetadata, "output"),
  };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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

function textsOf(name, bytes) {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = [];
  for (let at = 0; at < view.length;) {
    const size = view.readUInt32LE(at);
    texts.push(textOf(name, view.subarray(at + 4, at + 4 + size), texts.length));
    at += 4 + size;
  }
  return texts;
}

function bytesOfTexts(texts) {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  for (const [n, text] of texts.entries()) {
    bytes.writeUInt32LE(sizes[n], at);
    bytes.write(text, at + 4);
    at += 4 + sizes[n];
  }
  return bytes;
}

function toOrt(name, { datatype, shape, bytes }) {
  const type = ORT[datatype];
  if (type === "string") return new ort.Tensor("string", textsOf(name, bytes), shape);
  const ArrayType = ARRAYS[type];
  const data = new ArrayType(bytes.buffer, bytes.byteOffset, bytes.byteLength / ArrayType.BYTES_PER_ELEMENT);
  return new ort.Tensor(type, data, shape);
}

function fromOrt(tensor, index) {
  const { data, type, dims } = tensor;
  const bytes =
    type === "string" ? bytesOfTexts(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { index, datatype: OIP[type], shape: dims, bytes };
}

/** Runs a model on tensors that name its inputs by their place. An error is the model's. */
export async function runModel(model, tensors) {
  const feeds = {};
  for (const tensor of tensors) {
    const { name } = model.inputs[tensor.index];
    feeds[name] = toOrt(name, tensor);
  }
  const results = await model.session.run(feeds);
  return model.outputs.map((output, index) => fromOrt(results[output.name], index));
}
