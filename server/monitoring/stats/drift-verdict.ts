import { benjaminiHochberg } from "./benjamini-hochberg";
import { chiSquareTwoSample, foldRare } from "./chi-square";
import { jensenShannonDistance, normedWasserstein, populationStabilityIndex, shares } from "./distances";
import { ksTest } from "./kolmogorov-smirnov";

/** A feature's values in the reference and now. Missing values are left out before; judge their share as a category. */
export type FeatureSamples =
  | {
      readonly feature: string;
      readonly kind: "numeric";
      readonly reference: readonly number[];
      readonly current: readonly number[];
    }
  | {
      readonly feature: string;
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
  /** p after the correction over all features judged together. */
  readonly adjustedP: number | null;
  readonly effect: number | null;
  readonly effectThreshold: number;
  readonly effectName: "normed Wasserstein" | "Jensen-Shannon";
  /** Shown because people know it; never decides. Categorical features only. */
  readonly psi: number | null;
};

type Measured = Omit<DriftVerdict, "status" | "adjustedP">;

const DEFAULTS = { alpha: 0.05, minValues: 50, numericEffect: 0.1, categoricalEffect: 0.1 };

function measureNumeric(f: FeatureSamples & { kind: "numeric" }, o: Required<DriftOptions>): Measured {
  const enough = Math.min(f.reference.length, f.current.length) >= o.minValues;
  return {
    feature: f.feature,
    referenceCount: f.reference.length,
    currentCount: f.current.length,
    test: "kolmogorov-smirnov",
    p: enough ? ksTest(f.reference, f.current).p : null,
    effect: enough ? normedWasserstein(f.reference, f.current) : null,
    effectThreshold: o.numericEffect,
    effectName: "normed Wasserstein",
    psi: null,
  };
}

function measureCategorical(
  f: FeatureSamples & { kind: "categorical" },
  o: Required<DriftOptions>,
): Measured {
  const names = [...new Set([...Object.keys(f.reference), ...Object.keys(f.current)])].sort();
  const reference = names.map((name) => (Object.hasOwn(f.reference, name) ? (f.reference[name] ?? 0) : 0));
  const current = names.map((name) => (Object.hasOwn(f.current, name) ? (f.current[name] ?? 0) : 0));
  const total = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
  const enough = Math.min(total(reference), total(current)) >= o.minValues;
  const folded = foldRare(reference, current);
  return {
    feature: f.feature,
    referenceCount: total(reference),
    currentCount: total(current),
    test: "chi-square",
    p: enough ? chiSquareTwoSample(folded.a, folded.b).p : null,
    effect: enough ? jensenShannonDistance(shares(folded.a), shares(folded.b)) : null,
    effectThreshold: o.categoricalEffect,
    effectName: "Jensen-Shannon",
    psi: enough ? populationStabilityIndex(shares(reference), shares(current)) : null,
  };
}

/**
 * Judges all features of one window together. A feature drifts only if the difference is statistically real (p adjusted by
 * Benjamini-Hochberg <= alpha; the p-value knows the sample size, a fixed distance does not) and practically large (effect >=
 * threshold; at 100,000 rows every trifle is significant). With too few values it says so instead of guessing.
 */
export function judgeDrift(features: readonly FeatureSamples[], options: DriftOptions = {}): DriftVerdict[] {
  const settings = { ...DEFAULTS, ...options };
  const measured = features.map((f) =>
    f.kind === "numeric" ? measureNumeric(f, settings) : measureCategorical(f, settings),
  );
  const adjusted = benjaminiHochberg(measured.flatMap(({ p }) => (p === null ? [] : [p])));
  let next = 0;
  return measured.map((m) => {
    if (m.p === null || m.effect === null) return { ...m, status: "not-enough-data", adjustedP: null };
    const adjustedP = adjusted[next] ?? 1;
    next += 1;
    const drifts = adjustedP <= settings.alpha && m.effect >= m.effectThreshold;
    return { ...m, status: drifts ? "drift" : "no-drift", adjustedP };
  });
}
