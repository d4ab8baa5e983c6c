/** What an empty bin counts as in PSI and KL, which are infinite otherwise. */
export const EMPTY_BIN = 1e-4;

function pairs(p: readonly number[], q: readonly number[]): [number, number][] {
  if (p.length !== q.length)
    throw new RangeError(`Distributions of ${p.length} and ${q.length} bins cannot be compared.`);
  return p.map((value, i) => [value, q[i] ?? 0]);
}

/** Shares of counts; all zero when there are none. */
export function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.map((c) => (total > 0 ? c / total : 0));
}

/** Population stability index `sum (q - p) ln(q / p)`; `p` reference, `q` current, empty bins filled with `fill`. */
export function populationStabilityIndex(
  p: readonly number[],
  q: readonly number[],
  fill = EMPTY_BIN,
): number {
  return pairs(p, q).reduce((sum, [a, b]) => {
    if (a === 0 && b === 0) return sum;
    const x = a === 0 ? fill : a;
    const y = b === 0 ? fill : b;
    return sum + (y - x) * Math.log(y / x);
  }, 0);
}

/** Kullback-Leibler divergence of `q` from `p`, `sum q ln(q / p)`, in nats. */
export function kullbackLeibler(q: readonly number[], p: readonly number[]): number {
  return pairs(q, p).reduce((sum, [a, b]) => (a === 0 ? sum : sum + a * Math.log(a / b)), 0);
}

/** Jensen-Shannon distance: the square root of the divergence; base 2 (0 to 1) unless told. */
export function jensenShannonDistance(p: readonly number[], q: readonly number[], base = 2): number {
  const middle = pairs(p, q).map(([a, b]) => (a + b) / 2);
  const divergence = (kullbackLeibler(p, middle) + kullbackLeibler(q, middle)) / 2;
  return Math.sqrt(Math.max(0, divergence) / Math.log(base));
}

/** Hellinger distance, 0 to 1. */
export function hellingerDistance(p: readonly number[], q: readonly number[]): number {
  const sum = pairs(p, q).reduce((total, [a, b]) => total + (Math.sqrt(a) - Math.sqrt(b)) ** 2, 0);
  return Math.sqrt(sum / 2);
}

/** Largest difference of any one share. */
export function largestShareDifference(p: readonly number[], q: readonly number[]): number {
  return pairs(p, q).reduce((max, [a, b]) => Math.max(max, Math.abs(a - b)), 0);
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

/** First Wasserstein distance of two samples: the integral of |F - G|, in the unit of the values. NaN without values. */
export function wassersteinDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const x = sorted(a);
  const y = sorted(b);
  let i = 0;
  let j = 0;
  let area = 0;
  let at = Math.min(x[0] ?? 0, y[0] ?? 0);
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    area += Math.abs(i / x.length - j / y.length) * (next - at);
    while (i < x.length && x[i] === next) i += 1;
    while (j < y.length && y[j] === next) j += 1;
    at = next;
  }
  return area;
}

/** Population standard deviation (ddof 0). */
export function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

/** Wasserstein distance in standard deviations of the reference, which is floored at 0.001. */
export function normedWasserstein(reference: readonly number[], current: readonly number[]): number {
  return wassersteinDistance(reference, current) / Math.max(standardDeviation(reference), 0.001);
}
