import type { Interval } from "./intervals";
import type { RateName } from "./metrics";

export type FairnessVerdict = "pass" | "fail" | "indeterminate";

export interface FairnessLimits {
  /** Highest allowed demographic parity difference, 0 to 1; left out, not checked. */
  demographicParityDifference?: number;
  /** Highest allowed equalized odds difference (worst case), 0 to 1. */
  equalizedOddsDifference?: number;
  /** Apply the four-fifths rule to selection rates. */
  fourFifths?: boolean;
  minimumGroupSize: number;
  /** Fewest actual positives, and fewest actual negatives, that a group needs for equalized odds. */
  minimumClassSize: number;
  /** Of each assessment as a whole; pairs share it by Bonferroni's correction. */
  confidence: number;
}

export const DEFAULT_FAIRNESS_LIMITS: FairnessLimits = {
  demographicParityDifference: 0.1,
  equalizedOddsDifference: 0.1,
  minimumGroupSize: 30,
  minimumClassSize: 10,
  confidence: 0.95,
};

export interface FairnessCheck {
  metric: "demographic_parity_difference" | "equalized_odds_difference" | "four_fifths_ratio";
  definition: string;
  verdict: FairnessVerdict;
  /** Null when undefined, which is never 0. */
  value: number | null;
  interval: Interval | null;
  threshold: number;
  comparison: "at_most" | "at_least";
  /** The groups that the value compares: lowest and highest rate. */
  between: [string, string] | null;
  reason: string;
}

export interface FairnessReport {
  verdict: FairnessVerdict;
  convention: "fairlearn";
  attribute: string;
  /** Which outcome is favourable, in words. */
  favourableOutcome: string;
  n: number;
  confidence: number;
  limits: FairnessLimits;
  groups: {
    group: string;
    n: number;
    positives: number;
    negatives: number;
    rates: Record<RateName, { value: number | null; hits: number; of: number; interval: Interval | null }>;
  }[];
  checks: FairnessCheck[];
}
