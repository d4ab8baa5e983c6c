import type { Effective, FeatureSamples } from "../stats";
import { categoryOf, type FeatureValue } from "./values";

/** What is known of a column of the training data: exact counts, not its rows. */
export interface ColumnCounts {
  name: string;
  histogram: readonly { from: number; to: number; count: number }[];
  top: readonly { value: unknown; count: number }[];
  /** Values that are there, and those that are missing (null or NaN). */
  present: number;
  missing: number;
  distinct: number;
}

/** Few enough to count each value of. */
const MAX_CATEGORIES = 10;

const isNumber = (value: FeatureValue): value is number => typeof value === "number";
const isThere = (value: FeatureValue): value is number | string => value !== null;

type Counts = Record<string, number>;
// Without a prototype: a category may be called `constructor`.
const noCounts = (): Counts => Object.create(null) as Counts;

function add(counts: Counts, name: string, count = 1): void {
  counts[name] = (counts[name] ?? 0) + count;
}

function countOf(values: readonly (number | string)[]): Counts {
  const counts = noCounts();
  for (const value of values) add(counts, categoryOf(value));
  return counts;
}

const shown = (value: number) => Number(value.toPrecision(4)).toString();

/** Into the profile's bins by the formula that made them, with one below and one above what training has seen. */
function againstBins(
  column: ColumnCounts,
  values: readonly number[],
): { reference: Counts; current: Counts } | undefined {
  const bins = column.histogram;
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return undefined;
  const labels = bins.map((bin, index) => `${index}: ${shown(bin.from)} to ${shown(bin.to)}`);
  const [reference, current] = [noCounts(), noCounts()];
  bins.forEach((bin, index) => add(reference, labels[index] ?? "", bin.count));
  const width = (last.to - first.from) / bins.length;
  for (const value of values) {
    if (value < first.from) add(current, `below ${shown(first.from)}`);
    else if (value > last.to) add(current, `above ${shown(last.to)}`);
    else {
      const index = width === 0 ? 0 : Math.min(Math.floor((value - first.from) / width), bins.length - 1);
      add(current, labels[index] ?? "");
    }
  }
  return { reference, current };
}

/** Each value by itself where there are few; else the most frequent ones and all others together. */
function againstTop(
  column: ColumnCounts,
  values: readonly (number | string)[],
): { reference: Counts; current: Counts } {
  const [reference, current] = [noCounts(), noCounts()];
  for (const { value, count } of column.top)
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      add(reference, categoryOf(value), count);
  const known = new Set(Object.keys(reference));
  const isComplete = column.top.length >= column.distinct;
  const rest = column.present - Object.values(reference).reduce((sum, count) => sum + count, 0);
  const others = "any other value";
  if (!isComplete && rest > 0) add(reference, others, rest);
  for (const value of values) {
    const name = categoryOf(value);
    add(current, isComplete || known.has(name) ? name : others);
  }
  return { reference, current };
}

/** The share of rows without a value, where either side has any. */
function missingOf(
  feature: string,
  reference: { present: number; missing: number },
  values: readonly FeatureValue[],
  effective: Effective,
): FeatureSamples[] {
  const there = values.filter(isThere).length;
  const missing = values.length - there;
  if (missing === 0 && reference.missing === 0) return [];
  return [
    {
      feature: `${feature}: missing values`,
      kind: "categorical",
      effective,
      reference: { there: reference.present, missing: reference.missing },
      current: { there, missing },
    },
  ];
}

/** A column of the training data against a feature of the requests, value by value or bin by bin, and its missing values. */
export function againstCounts(
  column: ColumnCounts,
  values: readonly FeatureValue[],
  effective: Effective,
): FeatureSamples[] {
  const there = values.filter(isThere);
  const isFew =
    column.distinct <= MAX_CATEGORIES && column.top.length >= column.distinct && column.top.length > 0;
  const byBins = !isFew && column.histogram.length > 0;
  // A number that is sent as text is still one; a text among numbers is a category of its own.
  const numbers = byBins
    ? there.map((value) => (isNumber(value) ? value : Number(value))).filter(Number.isFinite)
    : [];
  const counts = byBins ? againstBins(column, numbers) : againstTop(column, there);
  const missing = missingOf(column.name, column, values, effective);
  if (!counts || (column.top.length === 0 && !byBins)) return missing;
  if (byBins && numbers.length < there.length)
    add(counts.current, "no number", there.length - numbers.length);
  return [{ feature: column.name, kind: "categorical", effective, ...counts }, ...missing];
}

/** Two sets of requests against each other: numbers by their distribution functions, everything else by counts. */
export function againstRequests(
  feature: string,
  reference: readonly FeatureValue[],
  current: readonly FeatureValue[],
  effective: Effective,
): FeatureSamples[] {
  const [before, now] = [reference.filter(isThere), current.filter(isThere)];
  const sides = { present: before.length, missing: reference.length - before.length };
  const missing = missingOf(feature, sides, current, effective);
  if (before.every(isNumber) && now.every(isNumber) && new Set(before).size > MAX_CATEGORIES)
    return [{ feature, kind: "numeric", effective, reference: before, current: now }, ...missing];
  return [
    { feature, kind: "categorical", effective, reference: countOf(before), current: countOf(now) },
    ...missing,
  ];
}
