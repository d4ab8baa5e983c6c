/**
 * Holm's adjusted p-values, in the order given: reject those at most alpha, and the chance of any false alarm stays at alpha, however the
 * tests depend on each other (features of one request do).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = Array.from({ length: pValues.length }, () => 1);
  let largest = 0;
  order.forEach(({ p, index }, i) => {
    largest = Math.min(1, Math.max(largest, p * (order.length - i)));
    adjusted[index] = largest;
  });
  return adjusted;
}
