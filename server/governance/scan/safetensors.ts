import { critical, shown } from "./findings";
import type { Finding } from "./findings";
import type { FileSource } from "./source";
import { parseStrictJson, StrictJsonError } from "./strict-json";
import type { StrictJson } from "./strict-json";

const MAX_HEADER_BYTES = 100_000_000n;
const MAX_U64 = 2n ** 64n - 1n;

const DTYPE_BITS: ReadonlyMap<string, bigint> = new Map([
  ...["F4"].map((name) => [name, 4n] as const),
  ...["F6_E2M3", "F6_E3M2"].map((name) => [name, 6n] as const),
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"].map(
    (name) => [name, 8n] as const,
  ),
  ...["I16", "U16", "F16", "BF16"].map((name) => [name, 16n] as const),
  ...["I32", "U32", "F32"].map((name) => [name, 32n] as const),
  ...["I64", "U64", "F64", "C64"].map((name) => [name, 64n] as const),
]);

interface TensorSpan {
  name: string;
  begin: bigint;
  end: bigint;
}

class Malformed extends Error {}

/** True when the file's first bytes can only be those of a safetensors file. */
export function looksLikeSafetensors(source: FileSource): boolean {
  if (source.size < 9) return false;
  const head = source.read(0, 9);
  return head[8] === 0x7b && headerLength(head) + 8n <= BigInt(source.size);
}

/**
 * Checks a safetensors file strictly: the header starts with `{` (the format's text, stricter than some readers), has no
 * duplicate keys, and its tensors tile the rest of the file without hole, overlap or tail. Reads the header alone.
 */
export function scanSafetensors(source: FileSource): Finding[] {
  try {
    if (source.size < 8) throw new Malformed("the file is shorter than 8 bytes");
    const length = headerLength(source.read(0, 8));
    if (length > MAX_HEADER_BYTES) throw new Malformed(`the header claims ${length} bytes`);
    if (length + 8n > BigInt(source.size)) throw new Malformed("the header reaches past the end of the file");
    const spans = readHeader(decode(source.read(8, Number(length))));
    checkTiling(spans, BigInt(source.size) - 8n - length);
    return [];
  } catch (error) {
    if (error instanceof Malformed || error instanceof StrictJsonError) {
      return [critical("safetensors.malformed", `Not a valid safetensors file: ${error.message}.`)];
    }
    throw error;
  }
}

const headerLength = (head: Uint8Array): bigint => Buffer.from(head.subarray(0, 8)).readBigUInt64LE(0);

function decode(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) throw new Malformed("the header does not start with {");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("the header is not UTF-8");
  }
}

function readHeader(text: string): TensorSpan[] {
  const header = parseStrictJson(text);
  if (!(header instanceof Map)) throw new Malformed("the header is not an object");
  const spans: TensorSpan[] = [];
  for (const [name, value] of header) {
    if (name === "__metadata__") checkMetadata(value);
    else spans.push(readTensor(name, value));
  }
  return spans;
}

function checkMetadata(value: StrictJson): void {
  if (!(value instanceof Map) || [...value.values()].some((item) => typeof item !== "string")) {
    throw new Malformed("__metadata__ is not a map of text to text");
  }
}

function readTensor(name: string, value: StrictJson): TensorSpan {
  const fault = (what: string) => new Malformed(`tensor ${shown(name)} ${what}`);
  if (!(value instanceof Map)) throw fault("is not an object");
  for (const key of value.keys())
    if (!["dtype", "shape", "data_offsets"].includes(key)) throw fault(`has the unknown field ${shown(key)}`);
  const [dtype, shape, offsets] = [value.get("dtype"), value.get("shape"), value.get("data_offsets")];
  const bits = typeof dtype === "string" ? DTYPE_BITS.get(dtype) : undefined;
  if (bits === undefined) throw fault("has an unknown dtype");
  if (!isNumbers(shape)) throw fault("has a malformed shape");
  if (!isNumbers(offsets) || offsets.length !== 2) throw fault("has malformed data_offsets");
  const [begin = 0n, end = 0n] = offsets;
  let size = bits;
  let product = 1n;
  for (const dimension of shape) {
    product *= dimension;
    size *= dimension;
    if (dimension > MAX_U64 || product > MAX_U64 || size > MAX_U64) throw fault("is larger than any file");
  }
  if (size % 8n !== 0n) throw fault("does not end on a whole byte");
  if (end < begin || end - begin !== size / 8n)
    throw fault(`spans ${end - begin} bytes but its shape needs ${size / 8n}`);
  return { name, begin, end };
}

const isNumbers = (value: StrictJson | undefined): value is bigint[] =>
  Array.isArray(value) && value.every((item) => typeof item === "bigint");

function checkTiling(spans: TensorSpan[], dataLength: bigint): void {
  spans.sort((a, b) => (a.begin === b.begin ? (a.end < b.end ? -1 : 1) : a.begin < b.begin ? -1 : 1));
  let at = 0n;
  for (const { name, begin, end } of spans) {
    if (begin !== at) throw new Malformed(`tensor ${shown(name)} begins at ${begin} where ${at} is due`);
    at = end;
  }
  if (at !== dataLength) throw new Malformed(`the tensors cover ${at} of ${dataLength} data bytes`);
}
