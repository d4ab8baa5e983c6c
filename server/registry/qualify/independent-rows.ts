import type { ModelRuntime, Tensor } from "@/server/adapters/model-runtime/port";
import { bytesOf, dataFromBytes, isTexts, sliceRows } from "@/server/adapters/model-runtime/tensor";

/** What sums in another order may differ by, relative to the value. */
const TOLERANCE = 1e-3;

/** The same request with other numbers, which may change what is answered to the rows beside. */
const changed = (tensor: Tensor): Tensor =>
  tensor.data instanceof Float32Array || tensor.data instanceof Float64Array
    ? { ...tensor, data: tensor.data.map((value) => 3 * value + 1) }
    : tensor;

function joined(a: Tensor, b: Tensor): Tensor {
  const [rows = 0, ...rest] = a.shape;
  const shape = [rows + (b.shape[0] ?? 0), ...rest];
  const bytes = Buffer.concat([bytesOf(a.data), bytesOf(b.data)]);
  return { ...a, shape, data: dataFromBytes(a.datatype, shape, bytes, a.name) };
}

const isNear = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));

function isSame(a: Tensor, b: Tensor): boolean {
  const isReal = a.datatype === "FP32" || a.datatype === "FP64";
  if (isTexts(a.data) || !isReal) return Buffer.compare(bytesOf(a.data), bytesOf(b.data)) === 0;
  const other = b.data;
  return (
    a.data.length === other.length && a.data.every((value, n) => isNear(Number(value), Number(other[n])))
  );
}

/**
 * Asks a request and another one of its form by themselves and together. Returns the name of an output that tells them apart, whose rows are not
 * the model's answer to each row alone; undefined where none does. It can be deceived, but not by chance: who allows batching answers for it.
 */
export async function outputThatMixesRows(
  runtime: ModelRuntime,
  key: string,
  inputs: readonly Tensor[],
): Promise<string | undefined> {
  const other = inputs.map(changed);
  const alone = [await runtime.infer(key, [...inputs]), await runtime.infer(key, other)].flat();
  const together = await runtime.infer(
    key,
    inputs.map((tensor, n) => joined(tensor, other[n] ?? tensor)),
  );
  const differs = together.find((output) => {
    const [first, second] = alone.filter(({ name }) => name === output.name);
    const [rows = 0] = first?.shape ?? [];
    if (!first || !second || output.shape[0] !== 2 * rows) return true;
    return !isSame(first, sliceRows(output, 0, rows)) || !isSame(second, sliceRows(output, rows, 2 * rows));
  });
  return differs?.name;
}
