import { createHash, type Hash } from "node:crypto";
import { toBrain, toHalf } from "@/server/adapters/model-runtime/half";
import type { TensorData } from "@/server/adapters/model-runtime/port";
import { bytesOf } from "@/server/adapters/model-runtime/tensor";

/** Bytes of one value in the binary form of the Open Inference Protocol; undefined for texts and types without a fixed size. */
const WRITERS: Record<
  string,
  { bytes: number; write: (view: DataView, at: number, value: unknown) => void }
> = {
  BOOL: { bytes: 1, write: (view, at, value) => view.setUint8(at, isTrue(value) ? 1 : 0) },
  INT8: { bytes: 1, write: (view, at, value) => view.setInt8(at, Number(value)) },
  UINT8: { bytes: 1, write: (view, at, value) => view.setUint8(at, Number(value)) },
  INT16: { bytes: 2, write: (view, at, value) => view.setInt16(at, Number(value), true) },
  UINT16: { bytes: 2, write: (view, at, value) => view.setUint16(at, Number(value), true) },
  INT32: { bytes: 4, write: (view, at, value) => view.setInt32(at, Number(value), true) },
  UINT32: { bytes: 4, write: (view, at, value) => view.setUint32(at, Number(value), true) },
  INT64: { bytes: 8, write: (view, at, value) => view.setBigInt64(at, integerOf(value), true) },
  UINT64: { bytes: 8, write: (view, at, value) => view.setBigUint64(at, integerOf(value), true) },
  FP16: { bytes: 2, write: (view, at, value) => view.setUint16(at, toHalf(numberOf(value)), true) },
  BF16: { bytes: 2, write: (view, at, value) => view.setUint16(at, toBrain(numberOf(value)), true) },
  FP32: { bytes: 4, write: (view, at, value) => view.setFloat32(at, numberOf(value), true) },
  FP64: { bytes: 8, write: (view, at, value) => view.setFloat64(at, numberOf(value), true) },
};

const isTrue = (value: unknown) => value === true || value === 1 || value === 1n;
const numberOf = (value: unknown) => (value === null || value === undefined ? Number.NaN : Number(value));
/** Null for what is no whole number, so that a digest never fails. */
function integerOf(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  return /^-?\d{1,20}$/.test(String(value)) ? BigInt(String(value)) : 0n;
}

const CHUNK = 16_384;

function hashTexts(hash: Hash, data: ArrayLike<unknown>): void {
  const length = Buffer.alloc(4);
  for (let i = 0; i < data.length; i += 1) {
    const text = Buffer.from(String(data[i]), "utf8");
    length.writeUInt32LE(text.length);
    hash.update(length).update(text);
  }
}

/**
 * SHA-256 over all values of a tensor in the protocol's binary form (little endian; texts with a 4-byte length before each), so that a
 * caller who kept the whole tensor can tell that it is the one whose beginning was stored.
 */
export function tensorDigest(datatype: string, data: ArrayLike<unknown>): string {
  const hash = createHash("sha256");
  const writer = WRITERS[datatype];
  if (!writer) hashTexts(hash, data);
  else {
    const view = new DataView(new ArrayBuffer(CHUNK * writer.bytes));
    for (let from = 0; from < data.length; from += CHUNK) {
      const count = Math.min(CHUNK, data.length - from);
      for (let i = 0; i < count; i += 1) writer.write(view, i * writer.bytes, data[from + i]);
      hash.update(new Uint8Array(view.buffer, 0, count * writer.bytes));
    }
  }
  return `sha256:${hash.digest("hex")}`;
}

/** The same of values in their own width. */
export const bytesDigest = (data: TensorData): string =>
  `sha256:${createHash("sha256").update(bytesOf(data)).digest("hex")}`;
