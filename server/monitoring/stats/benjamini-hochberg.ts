/**
 * Benjamini-Hochberg adjusted p-values, in the order given: reject those at most alpha and the expected share of false
 * discoveries stays at alpha. With no drift anywhere, the chance of any alarm stays at alpha too.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => b.p - a.p);
  const adjusted = Array.from({ length: pValues.length }, () => 1);
  let smallest = 1;
  order.forEach(({ p, index }, i) => {
    smallest = Math.min(smallest, (p * order.length) / (order.length - i));
    adjusted[index] = smallest;
  });
  return adjusted;
}
