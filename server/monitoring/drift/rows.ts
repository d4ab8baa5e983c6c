import { z } from "zod";
import { valueOf, type FeatureValue } from "./values";

const Tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.string().default(""),
    shape: z.array(z.number()),
    data: z.array(z.unknown()),
  }),
);
type Tensor = z.infer<typeof Tensors>[number];

/** What the contract says of an input: its columns' names, and whether its first dimension is the batch. */
export interface InputSpec {
  name: string;
  shape: readonly number[];
  featureNames?: readonly string[] | undefined;
}

/** One row of a request: its features by name. */
export type FeatureRow = ReadonlyMap<string, FeatureValue>;

/** Rows of one tensor: its first dimension, unless the contract (or a lone dimension without one) says that it holds one row. */
function rowCountOf(tensor: Tensor, spec: InputSpec | undefined): number {
  const [first] = tensor.shape;
  if (first === undefined) return 1;
  if (tensor.shape.length > 1) return first;
  return spec && spec.shape.length === 1 && spec.shape[0] === -1 && spec.featureNames === undefined
    ? first
    : 1;
}

function namesOf(tensor: Tensor, width: number, spec: InputSpec | undefined): string[] {
  const given = spec?.featureNames;
  return Array.from(
    { length: width },
    (_, column) =>
      (given?.length === width ? given[column] : undefined) ??
      (width === 1 ? tensor.name : `${tensor.name}[${column}]`),
  );
}

/**
 * The rows of a recorded request, each a set of features by the names that the contract gives them. Of a large request the rows that were
 * kept whole are here. Tensors that do not have a row for each other's rows give none.
 */
export function rowsOfInputs(inputs: unknown, specs: readonly InputSpec[]): FeatureRow[] {
  const parsed = Tensors.safeParse(inputs);
  if (!parsed.success || parsed.data.length === 0) return [];
  const tensors = parsed.data.map((tensor) => {
    const spec = specs.find((each) => each.name === tensor.name);
    const rows = rowCountOf(tensor, spec);
    const size = tensor.shape.reduce((product, each) => product * each, 1);
    const width = rows > 0 ? size / rows : 0;
    return {
      tensor,
      rows,
      width,
      kept: width > 0 ? Math.floor(tensor.data.length / width) : 0,
      names: namesOf(tensor, width, spec),
    };
  });
  const [first] = tensors;
  if (!first || tensors.some((each) => each.rows !== first.rows || each.width < 1)) return [];
  const kept = Math.min(...tensors.map((each) => each.kept));
  return Array.from({ length: kept }, (_, row) => {
    const features = new Map<string, FeatureValue>();
    for (const { tensor, width, names } of tensors)
      names.forEach((name, column) =>
        features.set(name, valueOf(tensor.data[row * width + column], tensor.datatype)),
      );
    return features;
  });
}

/** Values of each feature over many rows, in order; a row that lacks a feature counts as missing it. */
export function columnsOf(rows: readonly FeatureRow[]): Map<string, FeatureValue[]> {
  const names = new Set(rows.flatMap((row) => [...row.keys()]));
  return new Map([...names].map((name) => [name, rows.map((row) => row.get(name) ?? null)]));
}

/**
 * How many independent rows these are (Kish): a row that comes k times weighs k times as much, and a replay of a hundred rows is a sample of
 * a hundred. Right only where rows do not repeat by themselves, which the caller knows.
 */
export function independentRows(rows: readonly FeatureRow[]): number {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const key = JSON.stringify([...row]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const squares = [...counts.values()].reduce((sum, count) => sum + count ** 2, 0);
  return squares === 0 ? 0 : rows.length ** 2 / squares;
}
