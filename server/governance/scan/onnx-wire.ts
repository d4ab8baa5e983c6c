export class OnnxWireError extends Error {}

interface Field {
  type: MessageType;
  /** A second occurrence of a single message is merged by some readers and replaced by others. */
  single?: boolean;
}
type MessageType = "model" | "graph" | "node" | "attribute" | "tensor" | "sparse" | "training" | "function";

/** Field numbers of onnx.proto that lead to operators and tensors. */
const FIELDS: Record<MessageType, Record<number, Field>> = {
  model: { 7: { type: "graph", single: true }, 20: { type: "training" }, 25: { type: "function" } },
  training: { 1: { type: "graph", single: true }, 2: { type: "graph", single: true } },
  function: { 7: { type: "node" }, 11: { type: "attribute" } },
  graph: { 1: { type: "node" }, 5: { type: "tensor" }, 15: { type: "sparse" } },
  node: { 5: { type: "attribute" } },
  attribute: {
    5: { type: "tensor", single: true },
    6: { type: "graph", single: true },
    10: { type: "tensor" },
    11: { type: "graph" },
    22: { type: "sparse", single: true },
    23: { type: "sparse" },
  },
  sparse: { 1: { type: "tensor", single: true }, 2: { type: "tensor", single: true } },
  tensor: {},
};

const MAX_DEPTH = 64;

/**
 * Walks the protobuf wire form and refuses what two readers could understand differently: a single message given twice,
 * groups, cut-off fields and deep nesting.
 * @throws OnnxWireError
 */
export function checkOnnxWire(bytes: Uint8Array): void {
  checkMessage(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), "model", 0);
}

function checkMessage(bytes: Buffer, type: MessageType, depth: number, inDefault = false): void {
  if (depth > MAX_DEPTH) throw new OnnxWireError("graphs are nested too deeply");
  const seen = new Set<number>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined) throw new OnnxWireError("a field is cut off");
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new OnnxWireError("a number is too long");
  };
  while (at < bytes.length) {
    const tag = varint();
    // Some readers keep the lower 32 bits only, and would see another field.
    if (tag >= 2 ** 32) throw new OnnxWireError("a field's number is too large");
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) throw new OnnxWireError("a field has number 0");
    if (FIELDS[type][field] !== undefined && wire !== 2) throw new OnnxWireError("a field has another type");
    // The decoder leaves a function's default values out, so that nobody else looks at their tensors and graphs.
    if (inDefault && type === "tensor" && (field === 13 || field === 14))
      throw new OnnxWireError("a function's default value names data elsewhere");
    if (inDefault && type === "attribute" && (field === 6 || field === 11))
      throw new OnnxWireError("a function's default value is a graph");
    if (wire === 0) varint();
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = varint();
      const end = at + length;
      if (end > bytes.length) throw new OnnxWireError("a field is cut off");
      const known = FIELDS[type][field];
      if (known?.single === true && seen.has(field))
        throw new OnnxWireError(`a ${known.type} is given twice`);
      seen.add(field);
      if (known !== undefined)
        checkMessage(
          bytes.subarray(at, end),
          known.type,
          depth + 1,
          inDefault || (type === "function" && field === 11),
        );
      at = end;
    } else throw new OnnxWireError("a field has an unknown type");
    if (at > bytes.length) throw new OnnxWireError("a field is cut off");
  }
}
