import { valueAt as elementAt, type TensorLike } from "./stored-form";

/** What feedback is compared with, and how sure the model was. */
export interface Predicted {
  /** As a person reads it; null for several rows and where there is nothing to compare. */
  predicted: string | null;
  datatype: string;
  rows: number;
  /** One entry a row, where one text does not say it: a text, or one for each value of the row. */
  predictedRows: (string | string[])[] | null;
  /** Rows with a confidence, and its sum: the largest probability of each row. */
  scored: number;
  scoreSum: number;
}

const NOTHING: Predicted = {
  predicted: null,
  datatype: "",
  rows: 1,
  predictedRows: null,
  scored: 0,
  scoreSum: 0,
};
/** Rows beyond these cannot be told an outcome: what is kept of a request is bounded. */
export const MAX_ROWS = 4_096;
const MAX_VALUES = 16_384;
const MAX_TEXT = 65_536;
/** A wider output is an embedding or an image, not something to be right about. */
const MAX_WIDTH = 100;

const isFloat = (datatype: string) => datatype.startsWith("FP") || datatype === "BF16";

/** The first dimension that all inputs share: the rows of the request. One when they do not. */
function batchOf(inputs: readonly TensorLike[]): number {
  const sizes = new Set(inputs.map((input) => (input.shape.length === 0 ? 1 : (input.shape[0] ?? 1))));
  const [only] = sizes;
  return sizes.size === 1 && only !== undefined && only > 0 ? only : 1;
}

interface Rows {
  tensor: TensorLike;
  rows: number;
  width: number;
}

function rowsOf(tensor: TensorLike, batch: number): Rows {
  const rows = tensor.shape[0] === batch ? batch : 1;
  // By its shape: of a large tensor only the beginning may be there.
  const size = tensor.shape.reduce((product, each) => product * each, 1);
  return { tensor, rows, width: size / rows };
}

const valueAt = ({ tensor, width }: Rows, row: number, column: number) =>
  elementAt(tensor, row * width + column);

/** Index and size of the largest share of a row that is a distribution; undefined for any other row of numbers. */
function distributionAt(rows: Rows, row: number): { index: number; share: number } | undefined {
  let sum = 0;
  let best = { index: 0, share: -1 };
  for (let column = 0; column < rows.width; column += 1) {
    const share = Number(valueAt(rows, row, column));
    if (!(share >= 0 && share <= 1.000_1)) return undefined;
    sum += share;
    if (share > best.share) best = { index: column, share };
  }
  return Math.abs(sum - 1) <= 0.01 ? best : undefined;
}

const isDistributions = (rows: Rows): boolean =>
  isFloat(rows.tensor.datatype) &&
  rows.width >= 2 &&
  rows.width <= 10_000 &&
  distributionAt(rows, 0) !== undefined;

function scoreOf(outputs: readonly Rows[]): { scored: number; scoreSum: number } {
  const shares = outputs.find(isDistributions);
  const sum = { scored: 0, scoreSum: 0 };
  if (!shares) return sum;
  const most = Math.min(shares.rows, MAX_ROWS, Math.floor(1_000_000 / shares.width));
  for (let row = 0; row < most; row += 1) {
    const best = distributionAt(shares, row);
    if (!best) continue;
    sum.scored += 1;
    sum.scoreSum += Math.min(1, best.share);
  }
  return sum;
}

/** The confidence of each row that is kept of a prediction's outputs: its largest probability. */
export function scoresOf(inputs: readonly TensorLike[], outputs: readonly TensorLike[]): number[] {
  const batch = batchOf(inputs);
  const shares = outputs.map((output) => rowsOf(output, batch)).find(isDistributions);
  if (!shares) return [];
  const rows = Math.min(shares.rows, Math.floor(shares.tensor.data.length / shares.width));
  return Array.from({ length: rows }, (_, row) => distributionAt(shares, row)?.share).filter(
    (share) => share !== undefined,
  );
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null && "b64" in value ? String(value.b64) : String(value);

function textsOf(target: Rows): (string | string[])[] | null {
  if (target.width > MAX_WIDTH) return null;
  const texts: (string | string[])[] = [];
  let [values, length] = [0, 0];
  for (let row = 0; row < Math.min(target.rows, MAX_ROWS); row += 1) {
    const each = Array.from({ length: target.width }, (_, column) => textOf(valueAt(target, row, column)));
    values += each.length;
    length += each.reduce((sum, text) => sum + text.length, 0);
    if (values > MAX_VALUES || length > MAX_TEXT) break;
    texts.push(target.width === 1 ? (each[0] ?? "") : each);
  }
  return texts;
}

/**
 * The target output (else the first), row by row. A row of probabilities predicts the index of the largest one; any other row of several
 * values is a ranking or a set of labels, or a vector of numbers, and kept whole.
 */
export function predictedOf(
  inputs: readonly TensorLike[],
  outputs: readonly TensorLike[],
  target: string | null,
): Predicted {
  const batch = batchOf(inputs);
  const all = outputs.map((output) => rowsOf(output, batch));
  const chosen = all.find((each) => each.tensor.name === target) ?? all[0];
  if (!chosen || chosen.width < 1 || !Number.isInteger(chosen.width)) return { ...NOTHING, ...scoreOf(all) };
  const { rows } = chosen;
  const asClasses = isDistributions(chosen);
  const texts = asClasses
    ? Array.from({ length: Math.min(rows, MAX_ROWS) }, (_, row) =>
        String(distributionAt(chosen, row)?.index ?? ""),
      )
    : textsOf(chosen);
  const [first] = texts ?? [];
  return {
    predicted: rows > 1 || first === undefined ? null : typeof first === "string" ? first : first.join(", "),
    datatype: asClasses ? "INT64" : chosen.tensor.datatype,
    rows,
    predictedRows: rows > 1 || typeof first !== "string" ? texts : null,
    ...scoreOf(all),
  };
}
