import type { Metric } from "./metrics";
import type { MetricVerdict, RolloutView, TrafficChart } from "./types";

export type StageState = "done" | "current" | "waiting" | "stopped";
export interface StageSpan {
  index: number;
  sharePercent: number;
  minRequests: number;
  maxDurationMs: number;
  state: StageState;
  /** Epoch milliseconds; null before the stage began. */
  from: number | null;
  /** Null while it lasts. */
  to: number | null;
}

/** The word for a rollout's state: one that waits for gateways is being deployed. */
export const rolloutStatus = (state: string): string => (state === "pending" ? "deploying" : state);

const ended = (rollout: RolloutView) => rollout.finishedAt !== null;

/** When each stage began and ended, read from the timeline. */
export function stageSpans(rollout: RolloutView): StageSpan[] {
  const begun = rollout.timeline
    .filter((event) => event.kind === "started" || event.kind === "stage")
    .map((event) => event.at.getTime())
    .toSorted((a, b) => a - b);
  const turned = rollout.timeline.find(
    (event) => event.kind === "promoted" || event.kind === "rollback" || event.kind === "aborted",
  );
  const end = turned?.at.getTime() ?? rollout.finishedAt?.getTime() ?? null;
  const won = rollout.state === "succeeded" || rollout.state === "promoting";
  return rollout.stages.map((stage, index) => {
    const from = begun[index] ?? null;
    const isLast = index === rollout.stageIndex;
    const state: StageState =
      from === null || index > rollout.stageIndex
        ? "waiting"
        : !isLast || won
          ? "done"
          : ended(rollout) || rollout.state === "rolling_back"
            ? "stopped"
            : "current";
    return { index, ...stage, state, from, to: begun[index + 1] ?? (isLast ? end : null) };
  });
}

/** Bands behind the plot, in seconds. */
export function stageBands(rollout: RolloutView) {
  const bands = stageSpans(rollout).flatMap((span) =>
    span.from === null
      ? []
      : [
          {
            from: span.from / 1000,
            to: span.to === null ? null : span.to / 1000,
            label: `${span.index + 1}: ${span.sharePercent}%`,
          },
        ],
  );
  return bands;
}

const MARKERS = {
  paused: { label: "Paused", tone: "warning" },
  resumed: { label: "Resumed", tone: "neutral" },
  promoted: { label: "Promoted", tone: "positive" },
  held: { label: "Held", tone: "warning" },
  rollback: { label: "Rolled back", tone: "negative" },
  aborted: { label: "Aborted", tone: "negative" },
  stage: { label: "", tone: "neutral" },
} as const;

/** Vertical lines of the chart, one for each thing that happened. */
export function markersOf(rollout: RolloutView) {
  return rollout.timeline.flatMap((event) => {
    const look = Object.entries(MARKERS).find(([kind]) => kind === event.kind)?.[1];
    return look ? [{ at: event.at.getTime() / 1000, label: look.label, tone: look.tone }] : [];
  });
}

/** Seconds of the chart that count for "the present rate". */
const RATE_WINDOW_S = 60;

/** Canary trials per second over the last minute; null when nothing comes. */
export function canaryRate(chart: TrafficChart, metric: Metric): number | null {
  const { x } = chart;
  const end = x.at(-1);
  if (end === undefined || x.length < 2) return null;
  const series = metric === "latency" ? chart.canary.requests : chart.canary[metric].n;
  const first = Math.max(
    0,
    x.findIndex((at) => at >= end - RATE_WINDOW_S),
  );
  const seconds = end - (x[first] ?? end);
  const grown = (series.at(-1) ?? 0) - (series[first] ?? 0);
  return seconds > 0 && grown > 0 ? grown / seconds : null;
}

/** How much longer a verdict takes at the present rate, in milliseconds; null when nobody can tell. */
export function timeToVerdict(verdict: MetricVerdict, chart: TrafficChart): number | null {
  const rate = canaryRate(chart, verdict.metric);
  return verdict.needsMore && rate ? (verdict.needsMore.moreCanary / rate) * 1000 : null;
}

/** Milliseconds that count against the stage's time: without its pauses. */
export function stageClockMs(rollout: RolloutView, now: number): number {
  const started = (rollout.stageStartedAt ?? rollout.createdAt).getTime();
  const end = rollout.pausedAt?.getTime() ?? rollout.finishedAt?.getTime() ?? now;
  return Math.max(0, end - started - rollout.pausedMs);
}
