/**
 * How often drift alarms on traffic that did not change, and how often one look finds a change: `npm run bench:drift`. Simulated requests go
 * through the same comparison and verdict as real ones; the numbers are the same at each run.
 */
import { ALPHA_OF_A_LOOK, LOOKS_PER_WEEK, WEEKLY_FALSE_ALARMS } from "@/server/monitoring/drift/looks";
import { simulateWeeks, type Change, type Plan } from "./drift-simulation";

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;

console.log(
  `A look an hour, ${LOOKS_PER_WEEK} a week, each at p <= ${ALPHA_OF_A_LOOK.toExponential(1)}: at most ${WEEKLY_FALSE_ALARMS * 100} % of quiet weeks alarm.\n`,
);
console.log("Quiet weeks (5 features)                     looks   alarms   weeks with an alarm");
const QUIET: [string, Omit<Plan, "seed">][] = [
  [
    "training data of 442 rows, windows of 300",
    { weeks: 150, referenceRows: 442, windowRows: 300, reference: "training-data" },
  ],
  [
    "training data of 442 rows, windows of 1,000",
    { weeks: 100, referenceRows: 442, windowRows: 1_000, reference: "training-data" },
  ],
  [
    "training data of 20,000 rows, windows of 300",
    { weeks: 100, referenceRows: 20_000, windowRows: 300, reference: "training-data" },
  ],
  [
    "first 500 requests, windows of 300",
    { weeks: 10, referenceRows: 500, windowRows: 300, reference: "first-requests" },
  ],
];
for (const [name, plan] of QUIET) {
  const { looks, alarms, weeks, weeksWithAlarm } = simulateWeeks({ seed: 1, ...plan });
  console.log(
    `${name.padEnd(44)} ${String(looks).padStart(5)}   ${String(alarms).padStart(6)}   ${weeksWithAlarm} of ${weeks} (${percent(weeksWithAlarm, weeks)})`,
  );
}

console.log("\nFound by one look, by size of the reference and of the window");
const CHANGES: [string, Change][] = [
  ["a number shifts by 0.3 standard deviations", { shift: 0.3 }],
  ["a number shifts by 0.5 standard deviations", { shift: 0.5 }],
  ["10 points move between two categories", { colour: 0.1 }],
  ["20 points move between two categories", { colour: 0.2 }],
  ["5 % of ages are missing", { missingAge: 0.05 }],
  ["10 % of ages are missing", { missingAge: 0.1 }],
];
const SIZES = [
  [442, 300],
  [442, 1_000],
  [20_000, 300],
  [20_000, 1_000],
] as const;
console.log(`${"".padEnd(44)} ${SIZES.map(([n, m]) => `${n} / ${m}`.padStart(14)).join("")}`);
for (const [name, change] of CHANGES) {
  const found = SIZES.map(([referenceRows, windowRows]) => {
    const runs = simulateWeeks({
      seed: 2,
      weeks: 50,
      looksPerWeek: 1,
      referenceRows,
      windowRows,
      reference: "training-data",
      change,
    });
    return percent(runs.alarms, runs.looks).padStart(14);
  });
  console.log(`${name.padEnd(44)} ${found.join("")}`);
}
