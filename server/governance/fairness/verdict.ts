import { newcombeDifference, ratioInterval, wilsonInterval } from "./intervals";
import type { Interval } from "./intervals";
import { groupRates, meetsFourFifths, rateOf, spreadOf } from "./metrics";
import type { GroupCounts, GroupRates, RateName, Share } from "./metrics";
import { DEFAULT_FAIRNESS_LIMITS } from "./report";
import type { FairnessCheck, FairnessLimits, FairnessReport, FairnessVerdict } from "./report";

/**
 * Judges groups by the given limits. A check fails or passes only when the whole interval of the difference lies on one
 * side of its limit; small groups, undefined rates and intervals across the limit are indeterminate and go to people.
 * @throws RangeError when counts or limits are out of range, or no check is asked for.
 */
export function assessFairness(input: {
  attribute: string;
  favourableOutcome: string;
  groups: readonly GroupCounts[];
  limits?: FairnessLimits;
}): FairnessReport {
  const limits = input.limits ?? DEFAULT_FAIRNESS_LIMITS;
  checkLimits(limits);
  const groups = input.groups.map(groupRates);
  if (new Set(groups.map((group) => group.group)).size !== groups.length)
    throw new RangeError("a group is named twice");
  const checks: FairnessCheck[] = [];
  if (limits.demographicParityDifference !== undefined)
    checks.push(parityCheck(groups, limits, limits.demographicParityDifference));
  if (limits.equalizedOddsDifference !== undefined)
    checks.push(oddsCheck(groups, limits, limits.equalizedOddsDifference));
  if (limits.fourFifths === true) checks.push(fourFifthsCheck(groups, limits));
  if (checks.length === 0) throw new RangeError("the limits ask for no check");
  return {
    verdict: worst(checks.map((check) => check.verdict)),
    convention: "fairlearn",
    attribute: input.attribute,
    favourableOutcome: input.favourableOutcome,
    n: groups.reduce((sum, group) => sum + group.n, 0),
    confidence: limits.confidence,
    limits,
    groups: groups.map((group) => describeGroup(group, limits.confidence)),
    checks,
  };
}

function parityCheck(
  groups: readonly GroupRates[],
  limits: FairnessLimits,
  threshold: number,
): FairnessCheck {
  return differenceCheck(groups, ["selection"], limits, {
    metric: "demographic_parity_difference",
    definition: "Highest minus lowest rate of favourable predictions over all groups.",
    threshold,
  });
}

function oddsCheck(groups: readonly GroupRates[], limits: FairnessLimits, threshold: number): FairnessCheck {
  return differenceCheck(groups, ["truePositive", "falsePositive"], limits, {
    metric: "equalized_odds_difference",
    definition:
      "The larger of the differences in true positive rate and in false positive rate over all groups.",
    threshold,
  });
}

type Fixed = Pick<FairnessCheck, "metric" | "definition" | "threshold">;

function differenceCheck(
  groups: readonly GroupRates[],
  rates: readonly RateName[],
  limits: FairnessLimits,
  fixed: Fixed,
): FairnessCheck {
  const base = { ...fixed, comparison: "at_most" as const };
  const unclear = (reason: string): FairnessCheck => ({
    ...base,
    verdict: "indeterminate",
    value: null,
    interval: null,
    between: null,
    reason,
  });
  const spreads = rates.map((rate) => spreadOf(groups, rate));
  const small = tooSmall(groups, limits, rates.length > 1);
  if (groups.length < 2) return unclear("fewer than two groups");
  if (spreads.some((spread) => spread === undefined))
    return unclear("a rate is undefined because a group has no such cases");
  const pairs = (groups.length * (groups.length - 1)) / 2;
  const confidence = 1 - (1 - limits.confidence) / (pairs * rates.length);
  const measured = spreads.flatMap((spread) => {
    const interval = spread && newcombeDifference(spread.highest.share, spread.lowest.share, confidence);
    if (spread === undefined || interval === undefined) return [];
    const value = (rateOf(spread.highest.share) ?? 0) - (rateOf(spread.lowest.share) ?? 0);
    return [{ spread, interval, value }];
  });
  const [largest] = measured.toSorted((a, b) => b.value - a.value);
  if (largest === undefined) return unclear("the difference is undefined");
  const interval = {
    lower: Math.max(0, ...measured.map((one) => one.interval.lower)),
    upper: Math.min(1, widestUpper(groups, rates, confidence)),
  };
  const between: [string, string] = [largest.spread.lowest.group, largest.spread.highest.group];
  const measuredCheck = { ...base, value: largest.value, interval, between };
  if (small !== undefined) return { ...measuredCheck, verdict: "indeterminate", reason: small };
  const { verdict, reason } = decide(interval, fixed.threshold, largest.value);
  return { ...measuredCheck, verdict, reason };
}

/** The largest difference that any pair of groups may have: the extreme pair's own interval would miss a small third group. */
function widestUpper(groups: readonly GroupRates[], rates: readonly RateName[], confidence: number): number {
  let upper = 0;
  for (const rate of rates) {
    for (const a of groups) {
      for (const b of groups) {
        if (a !== b) upper = Math.max(upper, newcombeDifference(a[rate], b[rate], confidence)?.upper ?? 1);
      }
    }
  }
  return upper;
}

function decide(
  interval: Interval,
  threshold: number,
  value: number,
): { verdict: FairnessVerdict; reason: string } {
  const text = `${value.toFixed(3)}, interval ${interval.lower.toFixed(3)} to ${interval.upper.toFixed(3)}`;
  if (interval.upper <= threshold) return { verdict: "pass", reason: `${text} stays within ${threshold}` };
  if (interval.lower > threshold) return { verdict: "fail", reason: `${text} lies beyond ${threshold}` };
  return { verdict: "indeterminate", reason: `${text} straddles ${threshold}` };
}

/**
 * Ratio below 4/5 fails when the rates differ significantly, and goes to people when they do not; a ratio of 4/5 or more
 * passes unless the rates still differ significantly, which the guideline wants looked at.
 */
function fourFifthsCheck(groups: readonly GroupRates[], limits: FairnessLimits): FairnessCheck {
  const base = {
    metric: "four_fifths_ratio" as const,
    definition: "Lowest over highest rate of favourable predictions (29 CFR 1607.4(D)).",
    threshold: 0.8,
    comparison: "at_least" as const,
  };
  const spread = spreadOf(groups, "selection");
  const meets = spread && meetsFourFifths(spread.lowest.share, spread.highest.share);
  if (spread === undefined || meets === undefined) {
    return {
      ...base,
      verdict: "indeterminate",
      value: null,
      interval: null,
      between: null,
      reason: "the ratio is undefined",
    };
  }
  const [low, high] = [spread.lowest.share, spread.highest.share];
  const value = (low.hits * high.of) / (high.hits * low.of);
  const confidence = 1 - (1 - limits.confidence) / ((groups.length * (groups.length - 1)) / 2);
  const measured = {
    ...base,
    value,
    interval: ratioInterval(low, high, confidence) ?? null,
    between: [spread.lowest.group, spread.highest.group] as [string, string],
  };
  const small = tooSmall(groups, limits, false);
  if (small !== undefined) return { ...measured, verdict: "indeterminate", reason: small };
  const significant = (newcombeDifference(high, low, confidence)?.lower ?? 0) > 0;
  const text = `ratio ${value.toFixed(3)}`;
  if (meets) {
    return significant
      ? {
          ...measured,
          verdict: "indeterminate",
          reason: `${text} meets 4/5, but the rates differ significantly`,
        }
      : {
          ...measured,
          verdict: "pass",
          reason: `${text} meets 4/5 and the rates do not differ significantly`,
        };
  }
  return significant
    ? { ...measured, verdict: "fail", reason: `${text} is below 4/5 and the rates differ significantly` }
    : {
        ...measured,
        verdict: "indeterminate",
        reason: `${text} is below 4/5, but the numbers are too small to tell`,
      };
}

function tooSmall(
  groups: readonly GroupRates[],
  limits: FairnessLimits,
  byClass: boolean,
): string | undefined {
  const few = groups.filter((group) => group.n < limits.minimumGroupSize);
  if (few.length > 0)
    return `fewer than ${limits.minimumGroupSize} cases in: ${few.map((group) => group.group).join(", ")}`;
  const thin = groups.filter((group) => Math.min(group.positives, group.negatives) < limits.minimumClassSize);
  if (!byClass || thin.length === 0) return undefined;
  return `fewer than ${limits.minimumClassSize} cases of a true outcome in: ${thin.map((group) => group.group).join(", ")}`;
}

function describeGroup(group: GroupRates, confidence: number): FairnessReport["groups"][number] {
  const describe = (share: Share) => ({
    ...share,
    value: rateOf(share) ?? null,
    interval: wilsonInterval(share, confidence) ?? null,
  });
  const rates = {
    selection: describe(group.selection),
    truePositive: describe(group.truePositive),
    falsePositive: describe(group.falsePositive),
  };
  return { group: group.group, n: group.n, positives: group.positives, negatives: group.negatives, rates };
}

const worst = (verdicts: readonly FairnessVerdict[]): FairnessVerdict =>
  verdicts.includes("fail") ? "fail" : verdicts.includes("indeterminate") ? "indeterminate" : "pass";

function checkLimits(limits: FairnessLimits): void {
  const thresholds = [limits.demographicParityDifference, limits.equalizedOddsDifference];
  if (thresholds.some((one) => one !== undefined && !(one >= 0 && one <= 1)))
    throw new RangeError("a limit lies between 0 and 1");
  if (!(limits.confidence > 0.5 && limits.confidence < 1))
    throw new RangeError("confidence lies between 0.5 and 1");
  if (!(limits.minimumGroupSize >= 1 && limits.minimumClassSize >= 1))
    throw new RangeError("minimum sizes are at least 1");
}
