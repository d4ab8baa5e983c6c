import { wilsonInterval } from "@/server/serving";
import { bucketBoundMs, bucketOf, quantileMs } from "@/server/serving/rules";

/** What a deployment counted over a stretch of time. */
export interface Counted {
  requests: number;
  errors: number;
  slow: number;
  feedback: number;
  correct: number;
  scored: number;
  scoreSum: number;
  buckets: Readonly<Record<string, number>>;
}

export type Finding = { state: "bad"; text: string } | { state: "fine" } | { state: "unknown" };

const FINE: Finding = { state: "fine" };
const UNKNOWN: Finding = { state: "unknown" };

/**
 * A look every minute at stretches that overlap: a deployment that did not change may look bad by chance once in many years, not once a
 * month. Four and a half standard errors are one in 300,000.
 */
const Z = 4.5;
const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

/** Fewest requests of which a hundredth says something. */
const MIN_REQUESTS = 300;
/** Twice as many slow ones as a p99 allows. */
const MAX_SHARE_ABOVE_P99 = 0.02;

/** Whether more requests are slower than the baseline's p99 than chance explains, by at least one step of the histogram (25 %). */
export function latencyFinding(now: Counted, baseline: Counted): Finding {
  if (now.requests < MIN_REQUESTS || baseline.requests < MIN_REQUESTS) return UNKNOWN;
  const p99 = quantileMs(baseline.buckets, 0.99);
  if (p99 === null) return UNKNOWN;
  const limit = bucketOf(p99) + 1;
  const above = Object.entries(now.buckets).reduce(
    (sum, [index, count]) => sum + (Number(index) > limit ? count : 0),
    0,
  );
  const interval = wilsonInterval({ events: above, n: now.requests }, Z);
  if (!interval || interval.low <= MAX_SHARE_ABOVE_P99) return FINE;
  return {
    state: "bad",
    text: `${percent(above / now.requests)} of ${now.requests} requests took longer than ${bucketBoundMs(limit).toFixed(1)} ms; before, 99% took at most ${p99.toFixed(1)} ms.`,
  };
}

/** Fewest labels on each side. */
const MIN_LABELS = 50;

/** Whether accuracy fell: its interval lies below what it was before. */
export function accuracyFinding(now: Counted, baseline: Counted): Finding {
  if (now.feedback < MIN_LABELS || baseline.feedback < MIN_LABELS) return UNKNOWN;
  const [present, before] = [
    wilsonInterval({ events: now.correct, n: now.feedback }, Z / Math.SQRT2),
    wilsonInterval({ events: baseline.correct, n: baseline.feedback }, Z / Math.SQRT2),
  ];
  if (!present || !before || present.high >= before.low) return FINE;
  return {
    state: "bad",
    text: `${percent(now.correct / now.feedback)} of ${now.feedback} outcomes were predicted right; before, ${percent(baseline.correct / baseline.feedback)} of ${baseline.feedback}.`,
  };
}

/** A fall of mean confidence smaller than this is nobody's concern. */
const MIN_FALL = 0.05;
/** Chance that a mean of values from 0 to 1 is off by more than the bound, as Hoeffding gives it. */
const CHANCE = 1e-6;
const hoeffding = (n: number) => Math.sqrt(Math.log(1 / CHANCE) / (2 * n));

/** Whether the model is less sure of its answers than it was. */
export function confidenceFinding(now: Counted, baseline: Counted): Finding {
  if (now.scored < MIN_REQUESTS || baseline.scored < MIN_REQUESTS) return UNKNOWN;
  const [present, before] = [now.scoreSum / now.scored, baseline.scoreSum / baseline.scored];
  const bound = hoeffding(now.scored) + hoeffding(baseline.scored);
  if (before - present <= Math.max(MIN_FALL, bound)) return FINE;
  return {
    state: "bad",
    text: `The mean confidence of ${now.scored} answers is ${percent(present)}; before, it was ${percent(before)}.`,
  };
}

/** Requests in the hour before the silence: so many that their absence is no accident. */
const MIN_BEFORE_SILENCE = 60;

/** Whether requests stopped: none in a quarter of an hour, after at least one a minute. */
export function trafficFinding(now: { requests: number }, hourBefore: { requests: number }): Finding {
  if (now.requests > 0) return FINE;
  if (hourBefore.requests < MIN_BEFORE_SILENCE) return UNKNOWN;
  return {
    state: "bad",
    text: `No request came in the last 15 minutes; ${hourBefore.requests} came in the hour before.`,
  };
}

const MAX_RISE = 0.01;

function rose(what: string, now: [number, number], before: [number, number]): string | undefined {
  const [events, n] = now;
  if (n < MIN_REQUESTS || before[1] < MIN_REQUESTS) return undefined;
  const [present, past] = [
    wilsonInterval({ events, n }, Z / Math.SQRT2),
    wilsonInterval({ events: before[0], n: before[1] }, Z / Math.SQRT2),
  ];
  if (!present || !past || present.low <= past.high + MAX_RISE) return undefined;
  return `${percent(events / n)} of ${n} requests ${what}; with the version before, ${percent(before[0] / before[1])} of ${before[1]}.`;
}

/** Whether a version that was promoted does worse than the one before it: errors, slowness by the bound and by its p99, accuracy. */
export function promotionFinding(now: Counted, before: Counted): Finding {
  const accuracy = accuracyFinding(now, before);
  const latency = latencyFinding(now, before);
  const texts = [
    rose("failed", [now.errors, now.requests], [before.errors, before.requests]),
    rose("were slower than the bound", [now.slow, now.requests], [before.slow, before.requests]),
    latency.state === "bad" ? latency.text : undefined,
    accuracy.state === "bad" ? accuracy.text : undefined,
  ].filter((text) => text !== undefined);
  if (texts.length > 0) return { state: "bad", text: texts.join(" ") };
  return now.requests < MIN_REQUESTS ? UNKNOWN : FINE;
}

const MAX_SPOOL_AGE_MS = 5 * 60_000;
const MAX_SPOOL_BYTES = 256 * 1024 * 1024;

/** What gateways say of the predictions that wait for the database, and how many records were refused. */
export function recordingFinding(
  gateways: readonly { spoolBytes: number; spoolOldestMs: number; dropped: number }[],
  setAside: number,
): Finding {
  const oldest = Math.max(0, ...gateways.map((each) => each.spoolOldestMs));
  const largest = Math.max(0, ...gateways.map((each) => each.spoolBytes));
  const dropped = gateways.reduce((sum, each) => sum + each.dropped, 0);
  const texts = [
    oldest > MAX_SPOOL_AGE_MS
      ? `Predictions have waited for the database for ${Math.round(oldest / 60_000)} minutes.`
      : undefined,
    largest > MAX_SPOOL_BYTES
      ? `${Math.round(largest / 2 ** 20)} MiB of predictions wait on a gateway's disk; beyond 1024 MiB they are dropped.`
      : undefined,
    // A gateway counts these from its start on, so by themselves they would never be over.
    dropped > 0 && largest > MAX_SPOOL_BYTES ? `${dropped} were dropped.` : undefined,
    setAside > 0
      ? `${setAside} predictions could not be stored and were set aside; see Admin, Background work.`
      : undefined,
  ].filter((text) => text !== undefined);
  return texts.length > 0 ? { state: "bad", text: texts.join(" ") } : FINE;
}
