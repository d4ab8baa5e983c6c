import { formatCount } from "@/components/common/format";
import { MIN_CASES_OF_STEP } from "@/server/monitoring/rules";
import type { Rate } from "./figures";

/** A share of fewer cases says more about chance than about the model: the step is a gap. */
export const ribbon = (rate: Rate) =>
  rate.n < MIN_CASES_OF_STEP ? { y: null } : { y: rate.value, lo: rate.lo, hi: rate.hi };

/** What a chart leaves out, in words, so that no gap looks like an outage. */
export function leftOut(ns: readonly number[], noun: string): string {
  const few = ns.filter((n) => n > 0 && n < MIN_CASES_OF_STEP).length;
  return few === 0
    ? ""
    : ` ${formatCount(few, "step")} with fewer than ${MIN_CASES_OF_STEP} ${noun} left out.`;
}
