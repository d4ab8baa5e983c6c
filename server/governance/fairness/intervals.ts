import { rateOf } from "./metrics";
import type { Share } from "./metrics";

export interface Interval {
  lower: number;
  upper: number;
}

/**
 * Quantile of the standard normal distribution by Acklam's rational approximation (relative error below 1.2e-9).
 * @throws RangeError outside (0, 1).
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError("a probability lies between 0 and 1");
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
    2.506628277459239,
  ];
  const b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1,
  ];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  const horner = (coefficients: readonly number[], x: number) =>
    coefficients.reduce((sum, one) => sum * x + one, 0);
  const tail = (q: number) => horner(c, q) / horner(d, q);
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  return (horner(a, q * q) * q) / horner(b, q * q);
}

/** Wilson score interval of a share (Wilson 1927); undefined when there are no observations. */
export function wilsonInterval({ hits, of }: Share, confidence = 0.95): Interval | undefined {
  if (of === 0) return undefined;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const rate = hits / of;
  const centre = (rate + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z / (1 + (z * z) / of)) * Math.sqrt((rate * (1 - rate)) / of + (z * z) / (4 * of * of));
  return {
    lower: hits === 0 ? 0 : Math.max(0, centre - half),
    upper: hits === of ? 1 : Math.min(1, centre + half),
  };
}

/** Newcombe's hybrid score interval (1998, method 10) of `first` minus `second`. */
export function newcombeDifference(first: Share, second: Share, confidence = 0.95): Interval | undefined {
  const [a, b] = [wilsonInterval(first, confidence), wilsonInterval(second, confidence)];
  const [p, q] = [rateOf(first), rateOf(second)];
  if (a === undefined || b === undefined || p === undefined || q === undefined) return undefined;
  return {
    lower: p - q - Math.hypot(p - a.lower, b.upper - q),
    upper: p - q + Math.hypot(a.upper - p, q - b.lower),
  };
}

/**
 * Interval of the ratio `low` / `high` by the delta method on the logarithm (Katz 1978), with half a case added so that
 * no count is zero; undefined when a group is empty.
 */
export function ratioInterval(low: Share, high: Share, confidence = 0.95): Interval | undefined {
  if (low.of === 0 || high.of === 0) return undefined;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const [a, m, b, n] = [low.hits + 0.5, low.of + 0.5, high.hits + 0.5, high.of + 0.5];
  const centre = Math.log(a / m) - Math.log(b / n);
  const half = z * Math.sqrt(Math.max(0, 1 / a - 1 / m + 1 / b - 1 / n));
  return { lower: Math.exp(centre - half), upper: Math.exp(centre + half) };
}
