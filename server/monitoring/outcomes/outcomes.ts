import { parseExactJson } from "@/server/core/exact-json";

/** When a prediction was right, and by how much a number was wrong. Pure; `docs/monitoring.md` says the same in words. */

/** Relative difference up to which two numbers of a datatype are the same: what its digits can hold. */
const TOLERANCE: Record<string, number> = { FP64: 1e-9, FP32: 1e-6, FP16: 1e-3, BF16: 1e-2 };
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

export const isFloatType = (datatype: string): boolean => datatype in TOLERANCE;

const truthOf = (text: string): "0" | "1" | undefined => {
  const word = text.toLowerCase();
  if (word === "true") return "1";
  return word === "false" ? "0" : undefined;
};

/** The number that a text is, `true` and `false` being 1 and 0. */
function numberOf(text: string): number | undefined {
  const truth = truthOf(text);
  if (truth) return Number(truth);
  return NUMBER.test(text) ? Number(text) : undefined;
}

/** Whole numbers by all their digits, although a double holds 16. */
function sameNumber(a: string, b: string, tolerance: number): boolean {
  if (INTEGER.test(a) && INTEGER.test(b))
    return BigInt(a) === BigInt(b) || (tolerance > 0 && near(Number(a), Number(b), tolerance));
  const [x, y] = [numberOf(a), numberOf(b)];
  return x !== undefined && y !== undefined && near(x, y, tolerance);
}

const near = (x: number, y: number, tolerance: number) =>
  x === y || Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y));

/**
 * Whether two values of a datatype are the same. Text counts to the letter (spaces around it do not, nor does how `true` is written);
 * numbers by their value, within what the datatype's digits can hold; `true` is 1.
 */
export function isSameValue(first: string, second: string, datatype: string): boolean {
  const [a, b] = [first.trim(), second.trim()];
  if (a === b) return true;
  if (datatype === "BYTES") return truthOf(a) !== undefined && truthOf(a) === truthOf(b);
  return sameNumber(a, b, TOLERANCE[datatype] ?? 0);
}

export interface Judged {
  correct: boolean;
  /** Distance of a number from its outcome (the mean over a vector); null for classes. */
  absError: number | null;
}

/** Beyond this a distance is a mistake in the outcome; its fourth power still fits a double. */
const MAX_ERROR = 1e75;

const distance = (predicted: string, outcome: string): number | null => {
  const [x, y] = [numberOf(predicted.trim()), numberOf(outcome.trim())];
  return x === undefined || y === undefined ? null : Math.min(Math.abs(x - y), MAX_ERROR);
};

/** Several values are told as a JSON array. */
export function partsOf(outcome: string): string[] | undefined {
  if (!outcome.startsWith("[")) return undefined;
  try {
    const parsed = parseExactJson(outcome);
    return Array.isArray(parsed) ? parsed.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function judgeVector(predicted: readonly string[], outcome: readonly string[], datatype: string): Judged {
  const distances = predicted.map((each, index) => distance(each, outcome[index] ?? ""));
  const total = distances.reduce<number | null>(
    (sum, each) => (sum === null || each === null ? null : sum + each),
    0,
  );
  return {
    correct: predicted.every((each, index) => isSameValue(each, outcome[index] ?? "", datatype)),
    absError: total === null ? null : Math.min(total / predicted.length, MAX_ERROR),
  };
}

const isIndicator = (values: readonly string[]) =>
  values.every((each) => ["0", "1"].includes(truthOf(each) ?? each));

function sameSet(a: readonly string[], b: readonly string[], datatype: string): boolean {
  const within = (one: readonly string[], other: readonly string[]) =>
    one.every((each) => other.some((candidate) => isSameValue(each, candidate, datatype)));
  return within(a, b) && within(b, a);
}

/**
 * Compares what was predicted for a row with its outcome. Undefined when they cannot be compared: a vector needs as many values.
 * One label among several predicted ones is a hit (top-k); several labels are right when they are the same set, or the same 0/1 row.
 */
export function judge(
  predicted: string | readonly string[],
  outcome: string,
  datatype: string,
): Judged | undefined {
  const parts = partsOf(outcome);
  if (typeof predicted === "string") {
    const [only] = parts ?? [];
    const told = parts?.length === 1 && only !== undefined && predicted !== outcome ? only : outcome;
    return {
      correct: isSameValue(predicted, told, datatype),
      absError: isFloatType(datatype) ? distance(predicted, told) : null,
    };
  }
  if (isFloatType(datatype))
    return parts?.length === predicted.length ? judgeVector(predicted, parts, datatype) : undefined;
  const indicator = predicted.length > 1 && isIndicator(predicted) && datatype !== "BYTES";
  if (indicator && parts?.length === predicted.length && isIndicator(parts)) {
    return {
      correct: predicted.every((each, index) => isSameValue(each, parts[index] ?? "", datatype)),
      absError: null,
    };
  }
  if (indicator) return undefined;
  const correct = parts
    ? sameSet(predicted, parts, datatype)
    : predicted.some((each) => isSameValue(each, outcome, datatype));
  return { correct, absError: null };
}

/** Whether the same outcome was told again. */
export function isSameOutcome(before: string, now: string, datatype: string): boolean {
  const [a, b] = [partsOf(before), partsOf(now)];
  if (!a || !b) return !a && !b && isSameValue(before, now, datatype);
  return a.length === b.length && a.every((each, index) => isSameValue(each, b[index] ?? "", datatype));
}

/** `<prediction id>.<row>` names a row of a batch; an id alone is its only row. */
export function parseRowId(id: string): { predictionId: string; row: number | undefined } {
  const found = /^(.+)\.(\d{1,7})$/.exec(id);
  return found?.[1] === undefined
    ? { predictionId: id, row: undefined }
    : { predictionId: found[1], row: Number(found[2]) };
}
