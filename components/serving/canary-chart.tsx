"use client";
import { LiveChart } from "@/components/chart/live-chart";
import { Segments } from "@/components/common/segments";
import {
  METRICS,
  type Metric,
  WORDS,
  isRate,
  rateRange,
  seriesOf,
  isMean,
  showDifference,
  showValue,
  silence,
  without,
} from "./metrics";
import { markersOf, stageBands } from "./rollout-model";
import type { MetricVerdict, RolloutView, TrafficChart } from "./types";
import { VerdictBadge } from "./verdict-cards";

const SYNC = "canary";

function summaryOf(chart: TrafficChart, metric: Metric, verdict: MetricVerdict | undefined): string {
  if (verdict) return verdict.sentence;
  if (!isRate(metric)) {
    const arm = (name: "stable" | "canary") => {
      const p50 = chart[name].p50Ms.at(-1);
      return typeof p50 === "number" ? `${name} p50 ${showValue(metric, p50)}` : `${name}: no data`;
    };
    return `Since the start: ${arm("canary")}, ${arm("stable")}. Quantiles are shown, not judged; the share of slow requests is.`;
  }
  return "No criterion of this rollout judges it; shown for information.";
}

function marginOf(rollout: RolloutView, metric: Metric): number | null {
  if (metric === "errorRate") return rollout.criteria.errorRate?.maxIncrease ?? null;
  if (metric === "slowShare") return rollout.criteria.slowShare?.maxIncrease ?? null;
  if (metric === "accuracy") return rollout.criteria.accuracy ? -rollout.criteria.accuracy.maxDrop : null;
  if (metric === "absoluteError" || metric === "squaredError")
    return rollout.criteria[metric]?.maxIncrease ?? null;
  return null;
}

/** Means of numbers are there only where the truth is a number. */
const isShown = (metric: Metric, chart: TrafficChart): boolean =>
  !isMean(metric) || (metric !== "latency" && (chart.stable[metric].n.at(-1) ?? 0) > 0);

/** The interval is as wide as the axis while there is little data; the strip shows the part that decides. */
function stripRange(values: readonly (number | null)[], margin: number): [number, number] {
  const known = values.filter((value): value is number => value !== null);
  const far = Math.max(Math.abs(margin) * 3, Math.min(0.5, 1.4 * Math.max(0, ...known.map(Math.abs))));
  return [-far, far];
}

function DifferenceStrip({
  rollout,
  chart,
  metric,
}: {
  rollout: RolloutView;
  chart: TrafficChart;
  metric: Metric;
}) {
  const difference = chart.difference[metric];
  const margin = marginOf(rollout, metric);
  if (!difference || margin === null) return null;
  const silent = silence(chart);
  const show = (value: number) => showDifference(metric, value);
  const lo = difference.lo.at(-1);
  const hi = difference.hi.at(-1);
  const known = typeof lo === "number" && typeof hi === "number";
  return (
    <LiveChart
      title={isMean(metric) ? "Change, canary against stable" : "Difference, canary minus stable"}
      summary={
        known
          ? `Between ${show(lo)} and ${show(hi)}: valid at every look. ${lo > 0 || hi < 0 ? "It has left the zero line." : "It still holds the zero line."}`
          : "No data in both arms yet."
      }
      x={chart.x}
      series={[
        {
          id: "difference",
          label: "Difference with its confidence sequence",
          color: 4,
          values: without(silent, difference.value),
          lo: without(silent, difference.lo),
          hi: without(silent, difference.hi),
        },
      ]}
      stages={stageBands(rollout).map((band) => ({ ...band, label: "" }))}
      markers={markersOf(rollout).map((marker) => ({ ...marker, label: "" }))}
      thresholds={[
        { value: 0, label: "" },
        { value: margin, label: `allowed ${show(margin)}` },
      ]}
      format={show}
      range={stripRange(difference.value, margin)}
      height={150}
      syncKey={SYNC}
    />
  );
}

/** Stable and canary as interval ribbons over the stages, with the difference strip below; one metric at a time, one crosshair. */
export function CanaryChart(props: {
  rollout: RolloutView;
  chart: TrafficChart;
  metric: Metric;
  onMetric: (metric: Metric) => void;
}) {
  const { rollout, chart, metric } = props;
  const verdict = rollout.verdict?.verdicts.find((each) => each.metric === metric);
  const words = WORDS[metric];
  return (
    <div className="flex min-w-0 flex-col gap-4 rounded-lg border bg-surface p-4">
      <Segments
        label="Metric"
        value={metric}
        values={METRICS.filter((each) => isShown(each, chart))}
        wordOf={(each) => WORDS[each].short}
        onChange={props.onMetric}
        className="self-start"
      />
      <LiveChart
        key={metric}
        title={`${words.label}, since the start of the rollout`}
        summary={summaryOf(chart, metric, verdict)}
        x={chart.x}
        series={seriesOf(chart, metric)}
        stages={stageBands(rollout)}
        markers={markersOf(rollout)}
        format={(value) => showValue(metric, value)}
        range={rateRange(chart, metric)}
        height={300}
        syncKey={SYNC}
        controls={
          verdict ? <VerdictBadge status={verdict.status} isOpen={rollout.finishedAt === null} /> : null
        }
      />
      <DifferenceStrip key={`${metric}-difference`} rollout={rollout} chart={chart} metric={metric} />
    </div>
  );
}
