import { COMPARE, isInverted, metricTests, type ArmCounts, type RolloutCriteria } from "./rollout";
import { quantileMs } from "./rules";
import { confidenceSequence, wilsonInterval, type Proportion } from "./stats";

/** What one second of one arm counts, as stored. */
export interface TrafficRow extends ArmCounts {
  arm: string;
  /** Stage of the rollout; -1 outside one. */
  stage: number;
  second: number;
  latencyBuckets: Record<string, number>;
}

type Cell = number | null;

/** A share over time, 0 to 1, with its 95 % Wilson interval; `null` where nothing was measured. */
export interface RateSeries {
  value: Cell[];
  lo: Cell[];
  hi: Cell[];
  /** Trials behind the value. */
  n: number[];
  /** Bad events among them: errors, slow requests, wrong answers. */
  bad: number[];
}

export interface ArmSeries {
  /** Requests per second within the step. */
  perSecond: number[];
  requests: number[];
  errorRate: RateSeries;
  slowShare: RateSeries;
  accuracy: RateSeries;
  /** Means in the target's unit; nothing is bad among them. */
  absoluteError: RateSeries;
  squaredError: RateSeries;
  p50Ms: Cell[];
  /** Not given under 300 requests: order statistics give it no upper bound there. */
  p99Ms: Cell[];
}

/** Canary minus stable with the confidence sequence that decides, in the direction in which the metric is shown. */
export interface DifferenceSeries {
  value: Cell[];
  lo: Cell[];
  hi: Cell[];
}

const MIN_FOR_P99 = 300;
const ARMS = ["stable", "canary"] as const;
const zero = (): ArmCounts => ({ requests: 0, errors: 0, slow: 0, feedback: 0, correct: 0 });
/** Five significant digits are more than a pixel shows, and make the answer a third as long. */
const short = (value: number | null | undefined): Cell =>
  value === null || value === undefined ? null : Number(value.toPrecision(5));

interface Sum extends ArmCounts {
  latencies: Record<string, number>;
}
const blank = (): Sum => ({ ...zero(), latencies: {} });

function add(target: ArmCounts, row: ArmCounts): void {
  target.requests += row.requests;
  target.errors += row.errors;
  target.slow += row.slow;
  target.feedback += row.feedback;
  target.correct += row.correct;
  if (!row.numeric || row.numeric.n === 0) return;
  const sums = (target.numeric ??= { n: 0, absolute: 0, squared: 0, fourth: 0 });
  sums.n += row.numeric.n;
  sums.absolute += row.numeric.absolute;
  sums.squared += row.numeric.squared;
  sums.fourth += row.numeric.fourth;
}

function addRow(target: Sum, row: TrafficRow): void {
  add(target, row);
  for (const [index, count] of Object.entries(row.latencyBuckets))
    target.latencies[index] = (target.latencies[index] ?? 0) + count;
}

const emptyRate = (): RateSeries => ({ value: [], lo: [], hi: [], n: [], bad: [] });
const emptyArm = (): ArmSeries => ({
  perSecond: [],
  requests: [],
  errorRate: emptyRate(),
  slowShare: emptyRate(),
  accuracy: emptyRate(),
  absoluteError: emptyRate(),
  squaredError: emptyRate(),
  p50Ms: [],
  p99Ms: [],
});

function pushRate(series: RateSeries, shown: Proportion, bad: number): void {
  const interval = wilsonInterval(shown);
  series.value.push(shown.n > 0 ? short(shown.events / shown.n) : null);
  series.lo.push(short(interval?.low));
  series.hi.push(short(interval?.high));
  series.n.push(shown.n);
  series.bad.push(bad);
}

function pushArm(series: ArmSeries, sum: Sum, inStep: number, step: number): void {
  series.perSecond.push(short(inStep / step) ?? 0);
  series.requests.push(sum.requests);
  pushRate(series.errorRate, { events: sum.errors, n: sum.requests }, sum.errors);
  pushRate(series.slowShare, { events: sum.slow, n: sum.requests }, sum.slow);
  pushRate(series.accuracy, { events: sum.correct, n: sum.feedback }, sum.feedback - sum.correct);
  for (const metric of ["absoluteError", "squaredError"] as const) {
    const { n, rate, interval } = COMPARE[metric]([{ stable: sum, canary: sum }]).stable;
    series[metric].value.push(short(rate));
    series[metric].lo.push(short(interval?.low));
    series[metric].hi.push(short(interval?.high));
    series[metric].n.push(n);
    series[metric].bad.push(0);
  }
  series.p50Ms.push(short(quantileMs(sum.latencies, 0.5)));
  series.p99Ms.push(sum.requests >= MIN_FOR_P99 ? short(quantileMs(sum.latencies, 0.99)) : null);
}

/** Keeps the counts of each stage and gives the difference that the decision rule would see at this moment. */
class Differences {
  private readonly stages: { stable: ArmCounts; canary: ArmCounts }[] = [];
  private readonly tests;
  readonly series: Record<string, DifferenceSeries> = {};

  constructor(criteria: RolloutCriteria) {
    this.tests = metricTests(criteria);
    for (const { metric } of this.tests) this.series[metric] = { value: [], lo: [], hi: [] };
  }

  add(row: TrafficRow): void {
    if (row.stage < 0) return;
    const stage = (this.stages[row.stage] ??= { stable: zero(), canary: zero() });
    add(row.arm === "canary" ? stage.canary : stage.stable, row);
  }

  requests(): { stable: number; canary: number }[] {
    return Array.from(this.stages, (stage) => ({
      stable: stage?.stable.requests ?? 0,
      canary: stage?.canary.requests ?? 0,
    }));
  }

  push(): void {
    const stages = this.stages.filter(Boolean);
    for (const test of this.tests) {
      const series = this.series[test.metric];
      if (!series) continue;
      const { contrast } = test.compare(stages);
      const found = contrast && confidenceSequence(contrast, test);
      const sign = isInverted(test.metric) ? -1 : 1;
      const ends = found && [sign * found.low, sign * found.high].toSorted((a, b) => a - b);
      series.value.push(contrast && short(sign * contrast.estimate));
      series.lo.push(short(ends?.[0]));
      series.hi.push(short(ends?.[1]));
    }
  }
}

export interface ChartSpan {
  /** First and last second, epoch. */
  from: number;
  to: number;
  /** Seconds between two points. */
  step: number;
  cumulative: boolean;
  criteria?: RolloutCriteria | undefined;
}

/**
 * Turns seconds of traffic into the columns of the chart. Steps without traffic are there: in `step` mode empty, so that a gap shows as
 * a gap; in `cumulative` mode with what was known before.
 * @param rows ascending by second
 */
export function chartSeries(rows: readonly TrafficRow[], span: ChartSpan) {
  const { from, to, step } = span;
  const x: number[] = [];
  const arms = { stable: emptyArm(), canary: emptyArm() };
  const sums = { stable: blank(), canary: blank() };
  const totals = { stable: zero(), canary: zero() };
  const differences = span.criteria ? new Differences(span.criteria) : undefined;
  let next = 0;
  for (let at = from; at <= to; at += step) {
    const inStep = { stable: 0, canary: 0 };
    if (!span.cumulative) Object.assign(sums, { stable: blank(), canary: blank() });
    for (let row = rows[next]; row !== undefined && row.second < at + step; row = rows[next]) {
      const arm = row.arm === "canary" ? "canary" : "stable";
      inStep[arm] += row.requests;
      addRow(sums[arm], row);
      add(totals[arm], row);
      differences?.add(row);
      next += 1;
    }
    // A point stands at the end of its step: nothing is drawn before it happened.
    x.push(Math.min(at + step - 1, to));
    for (const arm of ARMS) pushArm(arms[arm], sums[arm], inStep[arm], step);
    differences?.push();
  }
  return {
    from,
    to,
    step,
    x,
    ...arms,
    difference: differences?.series ?? {},
    /** Requests of each arm in each stage. */
    stageRequests: differences?.requests() ?? [],
    totals,
  };
}
