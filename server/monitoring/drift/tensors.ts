import { z } from "zod";

const Tensors = z.array(
  z.object({
    name: z.string(),
    datatype: z.string().optional(),
    shape: z.array(z.number()),
    data: z.array(z.unknown()),
  }),
);

/** A value a request carried for a feature: a number, or a category as text. */
export type FeatureValue = number | string;

const valueOf = (item: unknown, datatype: string | undefined): FeatureValue | undefined => {
  if (typeof item === "number") return Number.isFinite(item) ? item : undefined;
  if (typeof item === "string") {
    // Texts in a tensor of numbers are whole numbers beyond 2^53, or infinities: no categories.
    if (datatype === undefined || datatype === "BYTES") return item;
    return valueOf(Number(item), datatype);
  }
  return typeof item === "boolean" ? String(item) : undefined;
};

/**
 * The features of a recorded request of one row: a tensor of one value is a feature by its own name, a wider one gives `name[0]`, `name[1]`, …
 * Requests of several rows give undefined: their single prediction stands for no one row.
 */
export function featuresOf(inputs: unknown): Map<string, FeatureValue> | undefined {
  const parsed = Tensors.safeParse(inputs);
  if (!parsed.success) return undefined;
  const features = new Map<string, FeatureValue>();
  for (const tensor of parsed.data) {
    if (tensor.shape.length > 1 && tensor.shape[0] !== 1) return undefined;
    tensor.data.forEach((item, index) => {
      const value = valueOf(item, tensor.datatype);
      const name = tensor.data.length === 1 ? tensor.name : `${tensor.name}[${index}]`;
      if (value !== undefined) features.set(name, value);
    });
  }
  return features;
}

/**
 * Values of each feature over many requests, in order. A request that repeats another's inputs to the last digit counts once: a replay
 * of few rows is no larger sample, and taking it for one would make every difference look certain.
 */
export function columnsOf(requests: readonly unknown[]): Map<string, FeatureValue[]> {
  const columns = new Map<string, FeatureValue[]>();
  const seen = new Set<string>();
  for (const inputs of requests) {
    const key = JSON.stringify(inputs);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const [name, value] of featuresOf(inputs) ?? []) {
      const column = columns.get(name) ?? [];
      column.push(value);
      columns.set(name, column);
    }
  }
  return columns;
}
