import { chiSquareSurvival } from "./special-functions";

export type ChiSquare = { readonly statistic: number; readonly degreesOfFreedom: number; readonly p: number };

function result(statistic: number, degreesOfFreedom: number): ChiSquare {
  const p = degreesOfFreedom > 0 ? chiSquareSurvival(statistic, degreesOfFreedom) : 1;
  return { statistic, degreesOfFreedom, p };
}

/** Pearson's goodness of fit of observed counts to expected counts (their noise is ignored). */
export function chiSquareFit(observed: readonly number[], expected: readonly number[]): ChiSquare {
  if (observed.length !== expected.length)
    throw new RangeError("Observed and expected counts differ in length.");
  const statistic = observed.reduce(
    (sum, o, i) => sum + (o - (expected[i] ?? 0)) ** 2 / (expected[i] ?? 0),
    0,
  );
  return result(statistic, observed.length - 1);
}

/** Pearson's test that two samples of category counts come from one distribution; empty categories are dropped. */
export function chiSquareTwoSample(a: readonly number[], b: readonly number[]): ChiSquare {
  if (a.length !== b.length) throw new RangeError("Both samples must count the same categories.");
  const columns = a.map((x, i) => [x, b[i] ?? 0] as const).filter(([x, y]) => x + y > 0);
  const n = columns.reduce((sum, [x]) => sum + x, 0);
  const m = columns.reduce((sum, [, y]) => sum + y, 0);
  if (n === 0 || m === 0) throw new RangeError("The chi-square test needs counts in both samples.");
  const statistic = columns.reduce((sum, [x, y]) => {
    const total = x + y;
    const ex = (total * n) / (n + m);
    const ey = (total * m) / (n + m);
    return sum + (x - ex) ** 2 / ex + (y - ey) ** 2 / ey;
  }, 0);
  return result(statistic, columns.length - 1);
}

/** The likelihood-ratio test of the same question, `2 sum o ln(o / e)`. */
export function likelihoodRatioTwoSample(a: readonly number[], b: readonly number[]): ChiSquare {
  const { degreesOfFreedom } = chiSquareTwoSample(a, b);
  const [n, m] = [a, b].map((counts) => counts.reduce((x, y) => x + y, 0));
  const part = (observed: number, expected: number) =>
    observed > 0 ? 2 * observed * Math.log(observed / expected) : 0;
  const statistic = a.reduce((sum, x, i) => {
    const y = b[i] ?? 0;
    const share = (x + y) / ((n ?? 0) + (m ?? 0));
    return sum + part(x, share * (n ?? 0)) + part(y, share * (m ?? 0));
  }, 0);
  return result(Math.max(0, statistic), degreesOfFreedom);
}

/** Folds categories whose smaller expected count is under `least` into one, because the chi-square limit fails for them. */
export function foldRare(
  a: readonly number[],
  b: readonly number[],
  least = 5,
): { a: number[]; b: number[] } {
  const n = a.reduce((x, y) => x + y, 0);
  const m = b.reduce((x, y) => x + y, 0);
  const smaller = Math.min(n, m) / (n + m);
  const folded: { a: number[]; b: number[] } = { a: [], b: [] };
  let restA = 0;
  let restB = 0;
  a.forEach((x, i) => {
    const y = b[i] ?? 0;
    if ((x + y) * smaller >= least) {
      folded.a.push(x);
      folded.b.push(y);
    } else {
      restA += x;
      restB += y;
    }
  });
  if (restA + restB > 0) {
    folded.a.push(restA);
    folded.b.push(restB);
  }
  return folded;
}
