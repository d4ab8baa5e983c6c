import { stageSeconds, type MetricPower, type PlanPower, type TrafficProfile } from "./power";
import type { RolloutPlan } from "./schemas";
import { count, METRIC_WORDS, percent } from "./words";

/** A forecast is no more exact than this. */
const plain = (value: number): string => value.toLocaleString("en-US", { maximumSignificantDigits: 3 });

/** "about 4 hours": as exact as such a forecast is. */
export function roughTime(seconds: number): string {
  const say = (value: number, unit: string) => `about ${value} ${unit}${value === 1 ? "" : "s"}`;
  if (seconds < 90) return say(Math.max(1, Math.round(seconds)), "second");
  if (seconds < 90 * 60) return say(Math.round(seconds / 60), "minute");
  if (seconds < 36 * 3_600) return say(Math.round(seconds / 3_600), "hour");
  return say(Math.round(seconds / 86_400), "day");
}

/** "9 of 10 cases", never more than it is. */
export function outOfTen(share: number): string {
  if (share >= 0.99) return "practically every case";
  const tenths = Math.floor(share * 10 + 1e-9);
  return tenths === 0 ? "less than 1 of 10 cases" : `${tenths} of 10 cases`;
}

/** "a 3-point loss of accuracy", "a rise of mean absolute error by 15%". */
function lossWords({ metric, loss }: MetricPower): string {
  const subject = METRIC_WORDS[metric].subject.toLowerCase();
  if (METRIC_WORDS[metric].scale === "mean") return `a rise of ${subject} by ${percent(loss)}`;
  const points = `${plain(loss * 100)}-point`;
  return metric === "accuracy" ? `a ${points} loss of accuracy` : `a ${points} rise of ${subject}`;
}

const rateWords = (perSecond: number): string =>
  perSecond >= 1 ? `${plain(perSecond)} requests a second` : `${plain(perSecond * 60)} requests a minute`;

function noticeSentence(each: MetricPower, profile: TrafficProfile, seconds: number): string {
  const lead = `At ${rateWords(profile.requestsPerSecond)} this plan notices ${lossWords(each)} in`;
  if (each.noticedInSeconds !== null) return `${lead} 9 of 10 cases, in ${roughTime(each.noticedInSeconds)}.`;
  return `${lead} ${outOfTen(each.noticed)} within its ${roughTime(seconds).replace("about ", "")}.`;
}

function promotedSentence(power: PlanPower): string {
  const what = "An equally good version is promoted in";
  if (power.promotedInSeconds !== null)
    return `${what} 9 of 10 cases, in ${roughTime(power.promotedInSeconds)}.`;
  return `${what} ${outOfTen(power.promoted)} within the plan's time; else it waits for a person.`;
}

/** Below this chance a metric keeps good versions more often than not. */
const THIN = 0.5;

function thinWarning(each: MetricPower, plan: RolloutPlan, profile: TrafficProfile): string | null {
  if (plan.criteria.advanceWhen !== "proven" || each.proven >= THIN) return null;
  const { subject, unit } = METRIC_WORDS[each.metric];
  if (each.trialsPerHour <= 0)
    return `${subject} can never be proven: no ${unit} come. Send feedback, or leave it out.`;
  const limit = plan.criteria.slowShare?.maxShare;
  if (each.metric === "slowShare" && limit !== undefined && profile.slowShare >= limit)
    return `The stable version itself has ${percent(profile.slowShare)} slow requests, over the limit of ${percent(limit)}: an equal version can never be proven. Raise the limit, or leave it out.`;
  return `${subject} is proven in ${outOfTen(each.proven)}: ${count(Math.round(each.trialsPerHour))} ${unit} an hour reach the canary, too few for the time. Allow a larger loss, a larger first share or more time, or leave it out.`;
}

export interface PowerWords {
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

/** What a plan can see, in sentences for the person who starts it. */
export function powerWords(plan: RolloutPlan, profile: TrafficProfile, power: PlanPower): PowerWords {
  const seconds = stageSeconds(plan, profile).reduce((sum, each) => sum + each, 0);
  const warnings = power.metrics.map((each) => thinWarning(each, plan, profile));
  if (plan.criteria.advanceWhen === "not-worse" && power.metrics.some(({ noticed }) => noticed < THIN))
    warnings.push(
      "A stage ends as soon as its requests are there, proven or not: most losses of this size would be promoted.",
    );
  return {
    sentences: [
      ...power.metrics.map((each) => noticeSentence(each, profile, seconds)),
      promotedSentence(power),
    ],
    warnings: warnings.filter((warning) => warning !== null),
  };
}
