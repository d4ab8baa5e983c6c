import { chiSquareTwoSample, foldRare, likelihoodRatioTwoSample } from "./chi-square";
import { jensenShannonDistance, normedWasserstein, populationStabilityIndex, shares } from "./distances";
import { holm } from "./holm";
import { ksPValue, ksStatistic } from "./kolmogorov-smirnov";

/**
 * How many independent values each side has, where that is fewer than it has values (a replay of a few rows): shares are of all values,
 * chance is judged by these.
 */
export type Effective = { readonly reference?: number; readonly current?: number };

/** A feature's values in the reference and now. Missing values are left out before; judge their share as a category. */
export type FeatureSamples =
  | {
      readonly feature: string;
      readonly effective?: Effective;
      readonly kind: "numeric";
      readonly reference: readonly number[];
      readonly current: readonly number[];
    }
  | {
      readonly feature: string;
      readonly effective?: Effective;
      readonly kind: "categorical";
      readonly reference: Readonly<Record<string, number>>;
      readonly current: Readonly<Record<string, number>>;
    };

export type DriftOptions = {
  /** Chance of any alarm over all features when nothing drifted. Default 0.05. */
  readonly alpha?: number;
  /** Values that each side needs. Default 50. */
  readonly minValues?: number;
  /** Smallest normed Wasserstein distance worth an alarm. Default 0.1 standard deviations. */
  readonly numericEffect?: number;
  /** Smallest Jensen-Shannon distance (base 2) worth an alarm. Default 0.1. */
  readonly categoricalEffect?: number;
};

export type DriftStatus = "drift" | "no-drift" | "not-enough-data";

export type DriftVerdict = {
  readonly feature: string;
  readonly status: DriftStatus;
  readonly referenceCount: number;
  readonly currentCount: number;
  readonly test: "kolmogorov-smirnov" | "chi-square";
  readonly p: number | null;
  /** Independent values among `currentCount`. */
  readonly currentEffective: number;
  /** p after Holm's correction over all features judged together. */
  readonly adjustedP: number | null;
  readonly effect: number | null;
  readonly effectThreshold: number;
  readonly effectName: "normed Wasserstein" | "Jensen-Shannon";
  /** Shown because people know it; never decides. Categorical features only. */
  readonly psi: number | null;
};

type Measured = Omit<DriftVerdict, "status" | "adjustedP">;

const DEFAULTS = { alpha: 0.05, minValues: 50, numericEffect: 0.1, categoricalEffect: 0.1 };

/** Independent values of each side; never more than there are values. */
const sizesOf = (f: FeatureSamples, reference: number, current: number) => ({
  reference: Math.min(reference, Math.floor(f.effective?.reference ?? reference)),
  current: Math.min(current, Math.floor(f.effective?.current ?? current)),
});

function measureNumeric(f: FeatureSamples & { kind: "numeric" }, o: Required<DriftOptions>): Measured {
  const size = sizesOf(f, f.reference.length, f.current.length);
  const enough = Math.min(size.reference, size.current) >= o.minValues;
  return {
    feature: f.feature,
    referenceCount: f.reference.length,
    currentCount: f.current.length,
    currentEffective: size.current,
    test: "kolmogorov-smirnov",
    p: enough ? ksPValue(ksStatistic(f.reference, f.current), size.reference, size.current) : null,
    effect: enough ? normedWasserstein(f.reference, f.current) : null,
    effectThreshold: o.numericEffect,
    effectName: "normed Wasserstein",
    psi: null,
  };
}

/**
 * Far in the tail, where an hourly look judges, Pearson's statistic finds small cells that are too full too surprising, and the likelihood
 * ratio those that are too empty. The larger p errs on neither side.
 */
const cautiousP = (a: readonly number[], b: readonly number[]) =>
  Math.max(chiSquareTwoSample(a, b).p, likelihoodRatioTwoSample(a, b).p);

function measureCategorical(
  f: FeatureSamples & { kind: "categorical" },
  o: Required<DriftOptions>,
): Measured {
  const names = [...new Set([...Object.keys(f.reference), ...Object.keys(f.current)])].sort();
  const reference = names.map((name) => (Object.hasOwn(f.reference, name) ? (f.reference[name] ?? 0) : 0));
  const current = names.map((name) => (Object.hasOwn(f.current, name) ? (f.current[name] ?? 0) : 0));
  const total = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  const [n, m] = [total(reference), total(current)];
  const size = sizesOf(f, n, m);
  const enough = Math.min(size.reference, size.current) >= o.minValues;
  const scaled = (counts: number[], to: number, of: number) =>
    to === of ? counts : counts.map((count) => (count * to) / of);
  const folded = foldRare(scaled(reference, size.reference, n), scaled(current, size.current, m));
  return {
    feature: f.feature,
    referenceCount: n,
    currentCount: m,
    currentEffective: size.current,
    test: "chi-square",
    p: enough ? cautiousP(folded.a, folded.b) : null,
    effect: enough ? jensenShannonDistance(shares(folded.a), shares(folded.b)) : null,
    effectThreshold: o.categoricalEffect,
    effectName: "Jensen-Shannon",
    psi: enough ? populationStabilityIndex(shares(reference), shares(current)) : null,
  };
}

/**
 * Judges all features of one window together. A feature drifts only if the difference is statistically real (p adjusted by
 * Holm <= alpha; the p-value knows the sample size, a fixed distance does not) and practically large (effect >=
 * threshold; at 100,000 rows every trifle is significant). With too few values it says so instead of guessing.
 */
export function judgeDrift(features: readonly FeatureSamples[], options: DriftOptions = {}): DriftVerdict[] {
  const settings = { ...DEFAULTS, ...options };
  const measured = features.map((f) =>
    f.kind === "numeric" ? measureNumeric(f, settings) : measureCategorical(f, settings),
  );
  const adjusted = holm(measured.flatMap(({ p }) => (p === null ? [] : [p])));
  let next = 0;
  return measured.map((m) => {
    if (m.p === null || m.effect === null) return { ...m, status: "not-enough-data", adjustedP: null };
    const adjustedP = adjusted[next] ?? 1;
    next += 1;
    const drifts = adjustedP <= settings.alpha && m.effect >= m.effectThreshold;
    return { ...m, status: drifts ? "drift" : "no-drift", adjustedP };
  });
}
