import { z } from "zod";
import type { Tensor } from "@/server/adapters/model-runtime/port";
import { jsonElementAt } from "@/server/adapters/model-runtime/tensor-to-json";
import { bytesDigest, tensorDigest } from "./tensor-digest";
import { firstCharacters } from "@/server/core/characters";

/** A tensor as runtimes give it: values in an array or a typed one. */
export interface TensorLike {
  name: string;
  datatype: string;
  shape: readonly number[];
  data: ArrayLike<unknown>;
}

/** A tensor as it is kept with its prediction. */
export interface StoredTensor {
  name: string;
  datatype: string;
  shape: readonly number[];
  data: unknown[];
  /** There when values were left out: how many there were, how many are kept, and the digest of all. */
  truncated?: { count: number; kept: number; digest: string; remark: string };
}

/** Values that are kept of all tensors of one side together, and of one. */
const MAX_VALUES = 4_000;
const MAX_VALUES_OF_ONE = 1_000;
/** However many tensors there are, each shows its beginning. */
const MIN_VALUES_OF_ONE = 4;
/** Text that is kept of one tensor, and of one value. */
const MAX_TEXT = 16_384;
const MAX_TEXT_OF_ONE = 2_000;
/** More tensors than this are a mistake, or meant to fill the disk. */
const MAX_TENSORS = 500;

/** Whether the values are those of a runtime, in their own width, rather than those of JSON. */
const isTyped = (tensor: TensorLike): tensor is Tensor =>
  ArrayBuffer.isView(tensor.data) || tensor.data[0] instanceof Uint8Array;

/** One value as JSON holds it, without loss. */
export function valueAt(tensor: TensorLike, index: number): unknown {
  if (isTyped(tensor)) return jsonElementAt(tensor, index);
  const value = tensor.data[index] ?? null;
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return Number.isNaN(value) ? null : String(value);
  return value;
}

/** The text of a value that may be of any length, and the value with less of it. */
function textIn(value: unknown): { text: string; cut: (length: number) => unknown } | undefined {
  if (typeof value === "string") return { text: value, cut: (length) => firstCharacters(value, length) };
  if (typeof value !== "object" || value === null || !("b64" in value)) return undefined;
  const text = String(value.b64);
  return { text, cut: (length) => ({ b64: text.slice(0, length - (length % 4)) }) };
}

/** A whole number of rows, where they fit: what is kept can then be read row by row. */
function valuesToKeep(tensor: TensorLike, limit: number): number {
  if (tensor.data.length <= limit) return tensor.data.length;
  const rows = tensor.shape[0] ?? 1;
  const width = rows > 0 ? tensor.data.length / rows : tensor.data.length;
  return Number.isInteger(width) && width > 0 && width <= limit ? Math.floor(limit / width) * width : limit;
}

function storedTensor(tensor: TensorLike, limit: number): StoredTensor {
  const { name, datatype, shape } = tensor;
  const most = valuesToKeep(tensor, limit);
  const data: unknown[] = [];
  let text = 0;
  let isCut = false;
  for (let i = 0; i < most && text < MAX_TEXT; i += 1) {
    const value = valueAt(tensor, i);
    const held = textIn(value);
    const isLong = held !== undefined && firstCharacters(held.text, MAX_TEXT_OF_ONE) !== held.text;
    isCut ||= isLong;
    text += Math.min(held?.text.length ?? 0, MAX_TEXT_OF_ONE);
    data.push(isLong ? held.cut(MAX_TEXT_OF_ONE) : value);
  }
  const kept = data.length;
  const count = tensor.data.length;
  if (kept === count && !isCut) return { name, datatype, shape, data };
  const remark = isCut
    ? `The first ${kept} of ${count} values are kept, texts with at most ${MAX_TEXT_OF_ONE} characters.`
    : `The first ${kept} of ${count} values are kept.`;
  return {
    name,
    datatype,
    shape,
    data,
    truncated: {
      count,
      kept,
      digest: isTyped(tensor) ? bytesDigest(tensor.data) : tensorDigest(datatype, tensor.data),
      remark,
    },
  };
}

/**
 * What is kept of a request's inputs or a model's outputs: all of it as a rule, the beginning and a digest where it is large. A request of a
 * few bytes can be answered by gigabytes, and nothing downstream of the gateway may depend on a model's moderation.
 */
export function storedTensors(tensors: readonly TensorLike[]): StoredTensor[] {
  const limit = Math.min(
    MAX_VALUES_OF_ONE,
    Math.max(MIN_VALUES_OF_ONE, Math.floor(MAX_VALUES / Math.max(1, tensors.length))),
  );
  return tensors.slice(0, MAX_TENSORS).map((tensor) => storedTensor(tensor, limit));
}

/**
 * What is kept of what a request sets of the model's own parameters: whole numbers beyond 2^53 as digits in a text, and of a long value the
 * beginning of its JSON.
 */
export function storedParameters(
  parameters: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> | null {
  if (!parameters) return null;
  let left = MAX_TEXT;
  const stored = Object.entries(parameters).map(([name, value]): [string, unknown] => {
    const text = JSON.stringify(value, (_key, item: unknown) =>
      typeof item === "bigint" ? String(item) : item,
    );
    const most = Math.min(left, MAX_TEXT_OF_ONE);
    left -= Math.min(text.length, most);
    return [name, text.length <= most ? JSON.parse(text) : `${firstCharacters(text, most)}…`];
  });
  return Object.fromEntries(stored);
}

const Tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.string(),
    shape: z.array(z.number()),
    data: z.array(z.unknown()),
  }),
);
/** Both sides of a record in the form above take less. */
const MAX_SIDE_TEXT = 262_144;

/** One side of a record without its values; their number and digest stay. */
function emptied(side: unknown): unknown {
  const tensors = Tensors.safeParse(side);
  if (!tensors.success) return null;
  return tensors.data.slice(0, MAX_TENSORS / 10).map(({ name, datatype, shape, data }) => ({
    name: firstCharacters(name, 200),
    datatype: datatype.slice(0, 20),
    shape: shape.slice(0, 8),
    data: [],
    truncated: {
      count: data.length,
      kept: 0,
      digest: tensorDigest(datatype, data),
      remark: "No value is kept: the record was too large.",
    },
  }));
}

/** A record that is too large for the spool, without its values. What is counted of it stays. */
export const withoutValues = <T extends object>(record: T): T => ({
  ...record,
  ...("inputs" in record ? { inputs: emptied(record.inputs) } : {}),
  ...("outputs" in record ? { outputs: emptied(record.outputs) } : {}),
  ...("parameters" in record ? { parameters: null } : {}),
  ...("predictedRows" in record ? { predictedRows: null } : {}),
});

/** A record as an earlier release spooled it, of any size, in the form that is stored now. */
export function boundRecord(record: unknown): unknown {
  if (record === null || typeof record !== "object") return record;
  const bound = (side: unknown): unknown => {
    if ((JSON.stringify(side) ?? "").length <= MAX_SIDE_TEXT) return side;
    const tensors = Tensors.safeParse(side);
    return tensors.success ? storedTensors(tensors.data) : null;
  };
  return {
    ...record,
    ...("inputs" in record ? { inputs: bound(record.inputs) } : {}),
    ...("outputs" in record ? { outputs: bound(record.outputs) } : {}),
  };
}
