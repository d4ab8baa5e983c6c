import {
  changeOfMean,
  differenceOfProportions,
  meanInterval,
  meanOf,
  sumMeans,
  sumStrata,
  wilsonInterval,
  type Contrast,
  type Interval,
  type Moments,
  type Proportion,
  type TestScale,
} from "../stats";
import type { ArmCounts, MetricName, NumericErrors, RolloutCriteria, StageObservation } from "./schemas";

/** Mixture scale relative to the margin: detection is fastest for effects of a few margins, the usual regressions. */
const TAU_PER_MARGIN = 2;

/** One arm as shown: how many trials, the rate (or mean) and its 95 % interval. */
export type ArmEstimate = {
  readonly n: number;
  readonly rate: number | null;
  readonly interval: Interval | null;
};

/** What both arms show of one metric. */
export interface Comparison {
  readonly stable: ArmEstimate;
  readonly canary: ArmEstimate;
  /** How much worse the canary is; null while one arm has shown nothing. */
  readonly contrast: Contrast | null;
  /** Bad events of the canary, where the metric counts events. */
  readonly bad: Proportion | null;
  readonly stableBad: Proportion | null;
}

/** How one metric of a rollout is tested. All are worse when larger, so accuracy is tested as the share of wrong answers. */
export interface MetricTest extends TestScale {
  readonly metric: MetricName;
  /** Largest acceptable loss: points of a share, or the relative rise of a mean. */
  readonly margin: number;
  readonly minTrials: number;
  /** Largest share of bad events the canary may have by itself. */
  readonly limit: number | null;
  readonly compare: (stages: readonly StageObservation[]) => Comparison;
}

type Found = Omit<MetricTest, "tau" | "alpha">;

function compareShares(read: (arm: ArmCounts) => Proportion, inverted = false): MetricTest["compare"] {
  const shown = (bad: Proportion): ArmEstimate => {
    const told = inverted ? { events: bad.n - bad.events, n: bad.n } : bad;
    return { n: told.n, rate: told.n > 0 ? told.events / told.n : null, interval: wilsonInterval(told) };
  };
  return (stages) => {
    const strata = stages.map(({ stable, canary }) => ({ stable: read(stable), canary: read(canary) }));
    const total = sumStrata(strata);
    return {
      stable: shown(total.stable),
      canary: shown(total.canary),
      contrast: differenceOfProportions(strata),
      bad: total.canary,
      stableBad: total.stable,
    };
  };
}

const NO_NUMBERS: NumericErrors = { n: 0, absolute: 0, squared: 0, fourth: 0 };

function compareMeans(read: (numbers: NumericErrors) => Moments): MetricTest["compare"] {
  const shown = (m: Moments): ArmEstimate => ({
    n: m.n,
    rate: m.n > 0 ? meanOf(m) : null,
    interval: meanInterval(m),
  });
  return (stages) => {
    const strata = stages.map(({ stable, canary }) => ({
      stable: read(stable.numeric ?? NO_NUMBERS),
      canary: read(canary.numeric ?? NO_NUMBERS),
    }));
    const total = sumMeans(strata);
    return {
      stable: shown(total.stable),
      canary: shown(total.canary),
      contrast: changeOfMean(strata),
      bad: null,
      stableBad: null,
    };
  };
}

/** What is read of the counts for each metric. */
export const COMPARE: Record<MetricName, MetricTest["compare"]> = {
  errorRate: compareShares((arm) => ({ events: arm.errors, n: arm.requests })),
  slowShare: compareShares((arm) => ({ events: arm.slow, n: arm.requests })),
  accuracy: compareShares((arm) => ({ events: arm.feedback - arm.correct, n: arm.feedback }), true),
  absoluteError: compareMeans(({ n, absolute, squared }) => ({ n, sum: absolute, squares: squared })),
  squaredError: compareMeans(({ n, squared, fourth }) => ({ n, sum: squared, squares: fourth })),
};

/**
 * The tests that a rollout's criteria ask for, in the order in which they are shown. The rollout's alpha is shared by all of them
 * (Bonferroni), so that many metrics make no more false alarms than one; a limit beside a margin is a test of its own.
 */
export function metricTests(criteria: RolloutCriteria): MetricTest[] {
  const { errorRate, slowShare, accuracy, absoluteError, squaredError } = criteria;
  const found: Found[] = [];
  const add = (metric: MetricName, margin: number, minTrials: number, limit: number | null = null) =>
    found.push({ metric, margin, minTrials, limit, compare: COMPARE[metric] });
  if (errorRate) add("errorRate", errorRate.maxIncrease, 1);
  if (slowShare) add("slowShare", slowShare.maxIncrease, 1, slowShare.maxShare ?? null);
  if (accuracy) add("accuracy", accuracy.maxDrop, accuracy.minFeedback);
  if (absoluteError) add("absoluteError", absoluteError.maxIncrease, absoluteError.minFeedback);
  if (squaredError) add("squaredError", squaredError.maxIncrease, squaredError.minFeedback);
  const tests = found.length + found.filter(({ limit }) => limit !== null).length;
  return found.map((test) => ({
    ...test,
    tau: test.margin * TAU_PER_MARGIN,
    alpha: criteria.alpha / tests,
  }));
}
