import type { Tensor } from "@/server/adapters/model-runtime/port";
import { isFloat } from "@/server/adapters/model-runtime/floats";
import { elementCount, isTexts } from "@/server/adapters/model-runtime/tensor";
import { floatOf } from "@/server/adapters/model-runtime/floats";
import { invalidField } from "@/server/core/errors";

const encoder = new TextEncoder();

/** Numbers before those that are none, the highest first, and of equal ones the first. */
function byValue(a: [number, number], b: [number, number]): number {
  if (Number.isNaN(a[0]) || Number.isNaN(b[0]))
    return Number(Number.isNaN(a[0])) - Number(Number.isNaN(b[0]));
  return b[0] - a[0] || a[1] - b[1];
}

/**
 * The classification extension: of each row the highest values, as texts `value:index`, with `:label` where the classes are known.
 * @throws AppError `invalid` for an output that has no numbers.
 */
export function topClasses(tensor: Tensor, count: number, labels: readonly string[] | undefined): Tensor {
  const { data, datatype, name } = tensor;
  if (isTexts(data) || datatype === "BOOL")
    throw invalidField(
      "outputs",
      `${name} holds ${datatype}, of which there are no highest values (classification)`,
    );
  const [rows, classes] =
    tensor.shape.length > 1
      ? [tensor.shape[0] ?? 0, elementCount(tensor.shape.slice(1))]
      : [1, elementCount(tensor.shape)];
  const best = Math.min(count, classes);
  const texts: Uint8Array[] = [];
  for (let row = 0; row < rows; row += 1) {
    const values = Array.from({ length: classes }, (_, index): [number, number] => [
      floatOf(datatype, Number(data[row * classes + index])),
      index,
    ]);
    for (const [, index] of values.toSorted(byValue).slice(0, best)) {
      const element = data[row * classes + index] ?? 0;
      // Six digits after the point, as the extension's first implementation writes them.
      const value = isFloat(datatype) ? floatOf(datatype, Number(element)).toFixed(6) : String(element);
      const label = labels?.[index];
      texts.push(encoder.encode(label === undefined ? `${value}:${index}` : `${value}:${index}:${label}`));
    }
  }
  const shape = tensor.shape.length > 1 ? [rows, best] : [best];
  return { name, datatype: "BYTES", shape, data: texts };
}
