const SMALLER =
  /(^|[_\-/. ])(loss|error|err|mae|mse|rmse|mape|logloss|perplexity|latency|wer|cer|difference|fpr|fnr)($|[_\-/. ])/iu;
const LARGER =
  /(^|[_\-/. ])(accuracy|acc|auc|f1|precision|recall|r2|score|map|bleu|rouge|iou|dice|kappa|mcc|ndcg|tpr|tnr)($|[_\-/. ])/iu;

export type Direction = "smaller" | "larger";

/** Which way a metric improves, told by its name; undefined where the name does not say. */
export function directionOf(metric: string): Direction | undefined {
  if (SMALLER.test(metric)) return "smaller";
  return LARGER.test(metric) ? "larger" : undefined;
}

/** The best of the values in the metric's direction; null when there is none, or when nothing differs. */
export function bestOf(metric: string, values: readonly (number | null)[]): number | null {
  const direction = directionOf(metric);
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  if (direction === undefined || new Set(known).size < 2) return null;
  return direction === "smaller" ? Math.min(...known) : Math.max(...known);
}
