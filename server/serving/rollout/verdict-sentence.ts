import type { LimitVerdict, MetricVerdict } from "./judge-metric";
import type { MetricTest } from "./metric-tests";
import type { MetricName } from "./schemas";
import { count, METRIC_WORDS, percent, writing } from "./words";

export function noDataSentence(metric: MetricName, stable: number, canary: number): string {
  const { subject, unit } = METRIC_WORDS[metric];
  const missing = [canary === 0 ? "canary" : null, stable === 0 ? "stable" : null].filter(Boolean);
  const where =
    missing.length > 0 ? `no ${unit} from ${missing.join(" or ")}` : `no ${unit} from both arms at once`;
  return `${subject}: ${where} yet. No data is not a pass.`;
}

const LIMITS: Record<LimitVerdict["state"], (limit: string) => string> = {
  kept: (limit) => `Shown to stay under its limit of ${limit}.`,
  broken: (limit) => `Shown to be over its limit of ${limit}.`,
  open: (limit) => `Not yet shown to stay under its limit of ${limit}.`,
  excused: (limit) => `Over its limit of ${limit}, which the stable version is not shown to keep either.`,
};

/** The evidence in words: both arms, the difference with its interval, and what follows from it. */
export function verdictSentence(v: Omit<MetricVerdict, "sentence">, test: MetricTest): string {
  const { subject, unit } = METRIC_WORDS[v.metric];
  const { value, difference, margin } = writing(v.metric);
  const arms = `${subject} ${value(v.canary.rate ?? 0)} on canary (${count(v.canary.n)} ${unit}) against ${value(v.stable.rate ?? 0)} on stable (${count(v.stable.n)})`;
  const range = `${difference(v.difference ?? 0)}, between ${difference(v.interval?.low ?? 0)} and ${difference(v.interval?.high ?? 0)}`;
  const allowed = margin(test.margin);
  const word = v.metric === "accuracy" ? "drop" : "rise";
  const facts = `${arms}: ${range}.`;
  const limit = v.limit ? ` ${LIMITS[v.limit.state](percent(v.limit.share))}` : "";
  if (v.status === "fail" && v.limit?.state === "broken") return `${facts}${limit}`;
  if (v.status === "fail")
    return `${facts} A real ${word} beyond the allowed ${allowed} (p ${v.p.toPrecision(2)}).`;
  if (v.status === "pass") return `${facts} Proven within the allowed ${word} of ${allowed}.${limit}`;
  const state = v.status === "inconclusive" ? "Undecided at the end of the stage" : "Not decided yet";
  const few = v.measured ? "" : ` It needs at least ${count(test.minTrials)} ${unit} in each arm.`;
  const more = v.needsMore
    ? ` It needs about ${count(v.needsMore.moreCanary)} more canary ${unit} to ${v.needsMore.decision}.`
    : "";
  return `${facts} ${state}.${limit}${few}${more}`;
}
