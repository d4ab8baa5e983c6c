"use client";
import { formatDuration, formatNumber } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { cn } from "@/components/ui/cn";
import { type Metric, WORDS, showDifference, showValue } from "./metrics";
import { timeToVerdict } from "./rollout-model";
import type { MetricVerdict, RolloutView, TrafficChart } from "./types";

const BADGE: Record<MetricVerdict["status"], string> = {
  pass: "pass",
  fail: "fail",
  watching: "watching",
  inconclusive: "indeterminate",
  "no-data": "no_data",
};
const LABEL: Partial<Record<MetricVerdict["status"], string>> = { inconclusive: "Undecided", pass: "Proven" };

/** The verdict on a metric; what was still watched when the rollout ended stays undecided. */
export function VerdictBadge({ status, isOpen }: { status: MetricVerdict["status"]; isOpen: boolean }) {
  const said = !isOpen && status === "watching" ? "inconclusive" : status;
  return <StatusBadge status={BADGE[said]} label={LABEL[said]} />;
}

/** "Needs about 340 more canary requests, about 4 min at the present rate." */
export function needsMoreText(verdict: MetricVerdict, chart: TrafficChart | undefined): string | null {
  if (!verdict.needsMore) return null;
  const { moreCanary, decision } = verdict.needsMore;
  const wait = chart ? timeToVerdict(verdict, chart) : null;
  const time =
    wait === null ? "nothing comes at present" : `about ${formatDuration(wait)} at the present rate`;
  return `Needs about ${formatNumber(moreCanary, 0)} more canary ${WORDS[verdict.metric].trials} to ${decision}, ${time}.`;
}

function Arm(props: { name: string; metric: Metric; arm: MetricVerdict["stable"]; mark: string }) {
  const { name, metric, arm, mark } = props;
  return (
    <div className="flex min-w-0 flex-col">
      <dt className="flex items-center gap-1.5 text-sm text-fg-subtle">
        <span aria-hidden data-mark className="size-2 rounded-full" style={{ background: mark }} />
        {name}
      </dt>
      <dd data-numeric className="text-lg font-semibold tracking-tight">
        {arm.rate === null ? <span className="text-fg-subtle">no data</span> : showValue(metric, arm.rate)}
      </dd>
      <dd data-numeric className="text-sm text-fg-muted">
        n = {formatNumber(arm.n, 0)}
        {arm.interval
          ? `, ${showValue(metric, arm.interval.low)} to ${showValue(metric, arm.interval.high)}`
          : ""}
      </dd>
    </div>
  );
}

function VerdictCard(props: {
  verdict: MetricVerdict;
  chart: TrafficChart | undefined;
  chosen: boolean;
  open: boolean;
  onChoose: () => void;
}) {
  const { verdict, chart, chosen, open } = props;
  const more = open ? needsMoreText(verdict, chart) : null;
  return (
    <li
      className={cn(
        "relative flex min-w-0 flex-col gap-2 rounded-lg border bg-surface px-4 py-3 hover:bg-surface-hover",
        chosen && "border-accent ring-1 ring-accent",
      )}
    >
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium">
          <button
            type="button"
            aria-pressed={chosen}
            onClick={props.onChoose}
            className="rounded-sm text-left after:absolute after:inset-0 after:rounded-lg"
          >
            {WORDS[verdict.metric].label}
          </button>
        </h3>
        <VerdictBadge status={verdict.status} isOpen={open} />
      </div>
      <dl className="grid grid-cols-2 gap-3">
        <Arm name="Stable" metric={verdict.metric} arm={verdict.stable} mark="var(--chart-1)" />
        <Arm name="Canary" metric={verdict.metric} arm={verdict.canary} mark="var(--chart-2)" />
      </dl>
      {verdict.difference !== null && verdict.interval ? (
        <p data-numeric className="text-sm text-fg-muted">
          Difference {showDifference(verdict.metric, verdict.difference)}, between{" "}
          {showDifference(verdict.metric, verdict.interval.low)} and{" "}
          {showDifference(verdict.metric, verdict.interval.high)}; p&nbsp;
          {verdict.p < 0.0001 ? "< 0.0001" : verdict.p.toPrecision(2)}
        </p>
      ) : null}
      {more ? <p className="text-sm font-medium">{more}</p> : null}
      <p className="text-sm text-fg-muted">{verdict.sentence}</p>
    </li>
  );
}

/** One card a metric: verdict, both arms with counts and intervals, and the sentence of evidence. */
export function VerdictCards(props: {
  rollout: RolloutView;
  chart: TrafficChart | undefined;
  metric: Metric;
  onMetric: (metric: Metric) => void;
}) {
  const verdicts = props.rollout.verdict?.verdicts ?? [];
  if (verdicts.length === 0)
    return (
      <p className="rounded-lg border border-dashed px-4 py-3 text-fg-muted">
        No verdict yet: the controller has not looked.
      </p>
    );
  return (
    <ul aria-label="Verdicts" className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
      {verdicts.map((verdict) => (
        <VerdictCard
          key={verdict.metric}
          verdict={verdict}
          chart={props.chart}
          chosen={props.metric === verdict.metric}
          open={props.rollout.finishedAt === null}
          onChoose={() => props.onMetric(verdict.metric)}
        />
      ))}
    </ul>
  );
}
