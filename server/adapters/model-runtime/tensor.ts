import { invalidField } from "@/server/core/errors";
import type { Datatype, Tensor, TensorData } from "./port";

const LENGTH_BYTES = 4;

type View = (memory: ArrayBufferLike, at: number, count: number) => TensorData;
const view = (bytes: number, of: View) => ({ bytes, of });

const byte = view(1, (memory, at, count) => new Uint8Array(memory, at, count));
const bits = view(2, (memory, at, count) => new Uint16Array(memory, at, count));

/** Typed arrays are in the machine's own order: little-endian, as the protocol's, on all that the product runs on. */
const VIEWS = {
  BOOL: byte,
  UINT8: byte,
  UINT16: bits,
  UINT32: view(4, (memory, at, count) => new Uint32Array(memory, at, count)),
  UINT64: view(8, (memory, at, count) => new BigUint64Array(memory, at, count)),
  INT8: view(1, (memory, at, count) => new Int8Array(memory, at, count)),
  INT16: view(2, (memory, at, count) => new Int16Array(memory, at, count)),
  INT32: view(4, (memory, at, count) => new Int32Array(memory, at, count)),
  INT64: view(8, (memory, at, count) => new BigInt64Array(memory, at, count)),
  FP16: bits,
  BF16: bits,
  FP32: view(4, (memory, at, count) => new Float32Array(memory, at, count)),
  FP64: view(8, (memory, at, count) => new Float64Array(memory, at, count)),
};

/** Bytes of one element; BYTES have their length before each. */
export const elementBytes = (datatype: Datatype): number =>
  datatype === "BYTES" ? LENGTH_BYTES : VIEWS[datatype].bytes;

export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Deeper nestings are no tensor's. */
const MAX_RANK = 32;

/** The size of each nesting of a JSON value, by its first entries; what is uneven is refused by who reads the values. */
export function nestingOf(value: unknown): number[] {
  const shape: number[] = [];
  for (let inner = value; Array.isArray(inner) && shape.length <= MAX_RANK; inner = inner[0])
    shape.push(inner.length);
  return shape;
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** The first of them that holds no values, as a request without rows has them. */
export const emptyOf = (tensors: readonly Tensor[]): Tensor | undefined =>
  tensors.find(({ shape }) => elementCount(shape) === 0);

export const isTexts = (data: TensorData): data is Uint8Array[] => Array.isArray(data);

/** The elements of a BYTES tensor: each a little-endian length of four bytes, then that many bytes. */
function textsFromBytes(bytes: Uint8Array, count: number, field: string): Uint8Array[] {
  if (count * LENGTH_BYTES > bytes.byteLength)
    throw invalidField(field, `holds ${bytes.byteLength} bytes, too few for ${count} elements of BYTES`);
  const lengths = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const start = at + LENGTH_BYTES;
    if (start > bytes.byteLength) throw invalidField(field, `ends within the length of element ${index}`);
    const end = start + lengths.getUint32(at, true);
    if (end > bytes.byteLength) throw invalidField(field, `ends within element ${index}`);
    texts.push(bytes.subarray(start, end));
    at = end;
  }
  if (at !== bytes.byteLength)
    throw invalidField(field, `holds ${bytes.byteLength - at} bytes after its ${count} elements`);
  return texts;
}

/**
 * Elements from raw little-endian bytes, as the binary tensor extension and the frames between processes have them. The memory is shared
 * where it is aligned.
 * @throws AppError `invalid` that names the field when the bytes are not just what the shape asks for.
 */
export function dataFromBytes(
  datatype: Datatype,
  shape: readonly number[],
  bytes: Uint8Array,
  field: string,
): TensorData {
  const count = elementCount(shape);
  if (datatype === "BYTES") return textsFromBytes(bytes, count, field);
  const { bytes: size, of } = VIEWS[datatype];
  if (bytes.byteLength !== count * size) {
    const wanted = `the shape ${shapeText(shape)} of ${datatype} asks for ${count * size}`;
    throw invalidField(field, `holds ${bytes.byteLength} bytes; ${wanted}`);
  }
  if (datatype === "BOOL") {
    const odd = bytes.find((byte) => byte > 1);
    if (odd !== undefined) throw invalidField(field, `holds the byte ${odd}; a BOOL is 0 or 1`);
  }
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return of(aligned.buffer, aligned.byteOffset, count);
}

/** Raw little-endian bytes of a tensor's elements; shares the memory of numeric ones. */
export function bytesOf(data: TensorData): Uint8Array {
  if (!isTexts(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const total = data.reduce((sum, each) => sum + LENGTH_BYTES + each.byteLength, 0);
  const bytes = new Uint8Array(total);
  const lengths = new DataView(bytes.buffer);
  let at = 0;
  for (const each of data) {
    lengths.setUint32(at, each.byteLength, true);
    bytes.set(each, at + LENGTH_BYTES);
    at += LENGTH_BYTES + each.byteLength;
  }
  return bytes;
}

/** Rows `from` up to, without, `to` of a tensor with at least one dimension; shares its memory. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const [rows = 1, ...rest] = tensor.shape;
  const width = elementCount(rest);
  const end = Math.min(to, rows);
  const data = isTexts(tensor.data)
    ? tensor.data.slice(from * width, end * width)
    : tensor.data.subarray(from * width, end * width);
  return { ...tensor, shape: [end - from, ...rest], data };
}
