import type { FeatureSamples } from "../stats";
import type { FeatureValue } from "./tensors";

/** What is known of a column of the training data: exact counts, not its rows. */
export interface ColumnCounts {
  name: string;
  histogram: readonly { from: number; to: number; count: number }[];
  top: readonly { value: unknown; count: number }[];
  /** Whether `top` holds every value there is. */
  isComplete: boolean;
}

const isNumber = (value: FeatureValue): value is number => typeof value === "number";

function countOf(values: readonly FeatureValue[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}

const shown = (value: number) => Number(value.toPrecision(4)).toString();

/** Counts of the training data's bins against those of the requests, with a bin below and one above what training has seen. */
export function againstCounts(
  feature: string,
  column: ColumnCounts,
  values: readonly FeatureValue[],
): FeatureSamples | undefined {
  if (column.isComplete && column.top.length > 0) {
    const reference = Object.fromEntries(column.top.map((each) => [String(each.value), each.count]));
    return { feature, kind: "categorical", reference, current: countOf(values) };
  }
  const bins = column.histogram;
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last || !values.every(isNumber)) return undefined;
  const labels = bins.map((bin) => `${shown(bin.from)} to ${shown(bin.to)}`);
  const reference: Record<string, number> = {};
  bins.forEach((bin, index) => {
    const label = labels[index] ?? "";
    reference[label] = (reference[label] ?? 0) + bin.count;
  });
  const current: Record<string, number> = {};
  for (const value of values) {
    const index = bins.findIndex((bin) => value <= bin.to);
    const label =
      value < first.from
        ? `below ${shown(first.from)}`
        : index === -1
          ? `above ${shown(last.to)}`
          : labels[index];
    if (label !== undefined) current[label] = (current[label] ?? 0) + 1;
  }
  return { feature, kind: "categorical", reference, current };
}

/** Two sets of requests against each other: numbers by their distribution functions, everything else by counts. */
export function againstRequests(
  feature: string,
  reference: readonly FeatureValue[],
  current: readonly FeatureValue[],
): FeatureSamples {
  const numeric = reference.every(isNumber) && current.every(isNumber);
  const distinct = new Set(reference).size;
  if (numeric && distinct > 10)
    return { feature, kind: "numeric", reference: [...reference], current: [...current] };
  return { feature, kind: "categorical", reference: countOf(reference), current: countOf(current) };
}
