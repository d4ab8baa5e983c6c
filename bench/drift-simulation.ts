import { againstCounts, againstRequests, type ColumnCounts } from "@/server/monitoring/drift/samples";
import { ALPHA_OF_A_LOOK, LOOKS_PER_WEEK, MIN_VALUES } from "@/server/monitoring/drift/looks";
import { categoryOf, type FeatureValue } from "@/server/monitoring/drift/values";
import { judgeDrift } from "@/server/monitoring/stats";
import { random } from "@/server/serving/rollout/random";

/** What may have changed in the traffic. */
export interface Change {
  /** In standard deviations of `amount`. */
  shift?: number;
  /** Share points that move from one colour to the next. */
  colour?: number;
  /** Share of requests that lost their age. */
  missingAge?: number;
}

type Row = Record<string, FeatureValue>;

/** A request of a credit model: a normal number, a skewed one, an age in years, a flag and a colour. */
function rowOf(roll: () => number, change: Change = {}): Row {
  const normal = Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
  const colour = roll();
  const red = 0.4 - (change.colour ?? 0);
  return {
    amount: normal + (change.shift ?? 0),
    income: Math.exp(Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll())),
    age: roll() < (change.missingAge ?? 0) ? null : 20 + Math.floor(60 * roll() ** 1.5),
    owner: roll() < 0.3 ? 1 : 0,
    colour: colour < red ? "red" : colour < 0.8 ? "green" : "blue",
  };
}

const columnOf = (rows: readonly Row[], name: string): FeatureValue[] => rows.map((row) => row[name] ?? null);

const BINS = 20;
const TOP = 10;

/** The exact profile that a dataset version has of a column. */
function profileOf(name: string, values: readonly FeatureValue[]): ColumnCounts {
  const there = values.filter((value) => value !== null);
  const numbers = there.filter((value) => typeof value === "number");
  const counts = new Map<string, number>();
  for (const value of there) counts.set(categoryOf(value), (counts.get(categoryOf(value)) ?? 0) + 1);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const width = (high - low) / BINS;
  const histogram = Array.from({ length: numbers.length > 0 ? BINS : 0 }, (_, bin) => ({
    from: low + bin * width,
    to: low + (bin + 1) * width,
    count: numbers.filter((value) => Math.min(Math.floor((value - low) / width), BINS - 1) === bin).length,
  }));
  return {
    name,
    histogram,
    top: [...counts]
      .map(([value, count]) => ({ value, count }))
      .toSorted((a, b) => b.count - a.count)
      .slice(0, TOP),
    present: there.length,
    missing: values.length - there.length,
    distinct: counts.size,
  };
}

export interface Quiet {
  weeks: number;
  looks: number;
  /** Looks with an alarm, and weeks with at least one. */
  alarms: number;
  weeksWithAlarm: number;
}

export interface Plan {
  seed: number;
  weeks: number;
  referenceRows: number;
  windowRows: number;
  reference: "training-data" | "first-requests";
  change?: Change;
  alpha?: number;
  looksPerWeek?: number;
}

/** Weeks of looks at traffic that is what the reference is (or, with `change`, is not), each week with a reference of its own. */
export function simulateWeeks(plan: Plan): Quiet {
  const roll = random(plan.seed);
  const looksPerWeek = plan.looksPerWeek ?? LOOKS_PER_WEEK;
  const options = { minValues: MIN_VALUES, alpha: plan.alpha ?? ALPHA_OF_A_LOOK };
  const result: Quiet = { weeks: plan.weeks, looks: plan.weeks * looksPerWeek, alarms: 0, weeksWithAlarm: 0 };
  for (let week = 0; week < plan.weeks; week += 1) {
    const before = Array.from({ length: plan.referenceRows }, () => rowOf(roll));
    const names = Object.keys(before[0] ?? {});
    const columns = names.map((name) => profileOf(name, columnOf(before, name)));
    let alarms = 0;
    for (let look = 0; look < looksPerWeek; look += 1) {
      const now = Array.from({ length: plan.windowRows }, () => rowOf(roll, plan.change));
      const samples =
        plan.reference === "training-data"
          ? columns.flatMap((column) => againstCounts(column, columnOf(now, column.name), {}))
          : names.flatMap((name) => againstRequests(name, columnOf(before, name), columnOf(now, name), {}));
      if (judgeDrift(samples, options).some((each) => each.status === "drift")) alarms += 1;
    }
    result.alarms += alarms;
    if (alarms > 0) result.weeksWithAlarm += 1;
  }
  return result;
}
