/** Counts of one group's confusion matrix; the favourable outcome is the positive class. */
export interface GroupCounts {
  group: string;
  truePositive: number;
  falsePositive: number;
  trueNegative: number;
  falseNegative: number;
}

export interface LabelledRow {
  group: string;
  actual: boolean;
  predicted: boolean;
}

/** A share of `hits` in `of`; undefined, never 0, when `of` is 0. */
export interface Share {
  hits: number;
  of: number;
}

export interface GroupRates {
  group: string;
  n: number;
  positives: number;
  negatives: number;
  /** P(predicted favourable). */
  selection: Share;
  /** P(predicted favourable | actually favourable). */
  truePositive: Share;
  /** P(predicted favourable | actually unfavourable). */
  falsePositive: Share;
}

export type RateName = "selection" | "truePositive" | "falsePositive";

export const rateOf = ({ hits, of }: Share): number | undefined => (of === 0 ? undefined : hits / of);

/** Confusion counts by group, groups in alphabetical order. */
export function countGroups(rows: Iterable<LabelledRow>): GroupCounts[] {
  const counts = new Map<string, GroupCounts>();
  for (const { group, actual, predicted } of rows) {
    const one = counts.get(group) ?? {
      group,
      truePositive: 0,
      falsePositive: 0,
      trueNegative: 0,
      falseNegative: 0,
    };
    if (actual && predicted) one.truePositive += 1;
    else if (actual) one.falseNegative += 1;
    else if (predicted) one.falsePositive += 1;
    else one.trueNegative += 1;
    counts.set(group, one);
  }
  return [...counts.values()].toSorted((a, b) => (a.group < b.group ? -1 : 1));
}

/** @throws RangeError when a count is not a non-negative integer. */
export function groupRates(counts: GroupCounts): GroupRates {
  const { truePositive: tp, falsePositive: fp, trueNegative: tn, falseNegative: fn } = counts;
  if (![tp, fp, tn, fn].every((count) => Number.isSafeInteger(count) && count >= 0)) {
    throw new RangeError(`the counts of group ${counts.group} are not whole numbers`);
  }
  const n = tp + fp + tn + fn;
  return {
    group: counts.group,
    n,
    positives: tp + fn,
    negatives: fp + tn,
    selection: { hits: tp + fp, of: n },
    truePositive: { hits: tp, of: tp + fn },
    falsePositive: { hits: fp, of: fp + tn },
  };
}

export interface Spread {
  lowest: { group: string; share: Share };
  highest: { group: string; share: Share };
}

/** Groups with the lowest and highest rate, compared exactly; undefined with fewer than two groups or an undefined rate. */
export function spreadOf(groups: readonly GroupRates[], rate: RateName): Spread | undefined {
  const [first, ...others] = groups.map((group) => ({ group: group.group, share: group[rate] }));
  if (first === undefined || others.length === 0) return undefined;
  let [lowest, highest] = [first, first];
  for (const one of [first, ...others]) {
    if (one.share.of === 0) return undefined;
    if (one.share.hits * lowest.share.of < lowest.share.hits * one.share.of) lowest = one;
    if (one.share.hits * highest.share.of > highest.share.hits * one.share.of) highest = one;
  }
  return { lowest, highest };
}

const difference = (spread: Spread): number =>
  (rateOf(spread.highest.share) ?? 0) - (rateOf(spread.lowest.share) ?? 0);
/** Lowest over highest; undefined when the highest is 0. */
const ratio = ({ lowest, highest }: Spread): number | undefined =>
  highest.share.hits === 0
    ? undefined
    : (lowest.share.hits * highest.share.of) / (highest.share.hits * lowest.share.of);

/** Fairlearn `demographic_parity_difference`: highest minus lowest selection rate, 0 to 1. */
export function demographicParityDifference(groups: readonly GroupRates[]): number | undefined {
  const spread = spreadOf(groups, "selection");
  return spread && difference(spread);
}

/** Fairlearn `demographic_parity_ratio`: lowest over highest selection rate, 0 to 1. */
export function demographicParityRatio(groups: readonly GroupRates[]): number | undefined {
  const spread = spreadOf(groups, "selection");
  return spread && ratio(spread);
}

/** Fairlearn `equalized_odds_difference`: the larger (or mean) of the true and false positive rate differences. */
export function equalizedOddsDifference(
  groups: readonly GroupRates[],
  aggregate: "worst_case" | "mean" = "worst_case",
): number | undefined {
  const [tpr, fpr] = [spreadOf(groups, "truePositive"), spreadOf(groups, "falsePositive")];
  if (tpr === undefined || fpr === undefined) return undefined;
  const both = [difference(tpr), difference(fpr)] as const;
  return aggregate === "mean" ? (both[0] + both[1]) / 2 : Math.max(...both);
}

/** Fairlearn `equalized_odds_ratio`: the smaller of the true and false positive rate ratios. */
export function equalizedOddsRatio(groups: readonly GroupRates[]): number | undefined {
  const [tpr, fpr] = [spreadOf(groups, "truePositive"), spreadOf(groups, "falsePositive")];
  const ratios = [tpr && ratio(tpr), fpr && ratio(fpr)] as const;
  return ratios[0] === undefined || ratios[1] === undefined ? undefined : Math.min(ratios[0], ratios[1]);
}

/** Fairlearn `equal_opportunity_difference`: highest minus lowest true positive rate. */
export function equalOpportunityDifference(groups: readonly GroupRates[]): number | undefined {
  const spread = spreadOf(groups, "truePositive");
  return spread && difference(spread);
}

/**
 * The four-fifths rule of 29 CFR 1607.4(D): true when the lower selection rate is at least 4/5 of the higher. Compared
 * as whole numbers, so that exactly 0.8 is at the line. Undefined when a group is empty or nobody was selected.
 */
export function meetsFourFifths(low: Share, high: Share): boolean | undefined {
  if (low.of === 0 || high.of === 0 || high.hits === 0) return undefined;
  return 5n * BigInt(low.hits) * BigInt(high.of) >= 4n * BigInt(high.hits) * BigInt(low.of);
}
