import { planPower, type TrafficProfile } from "@/server/serving/rollout/power";
import { RolloutPlan } from "@/server/serving/rollout/schemas";
import { shareOf, simulateMany, type Outcome, type Truth } from "@/server/serving/rollout/simulate";
import { standardCriteria } from "@/server/serving/rules";

/*
 * How often canaries are judged wrongly: rollouts played with the real decision rule and seeded traffic. `npm run bench:rollout`
 * prints two tables, false alarms for equal versions and misses for given losses, by plan; `-- --quick` plays few.
 */

const RUNS = process.argv.includes("--quick") ? 20 : 500;
const HOUR_MS = 3_600_000;
const FLOW = { requestsPerSecond: 50, labelShare: 0.3 };
const USUAL: Truth = { error: 0.01, slow: 0.01, accuracy: 0.75 };

const STAGES = [
  { sharePercent: 10, minRequests: 100, maxDurationMs: 4 * HOUR_MS },
  { sharePercent: 25, minRequests: 200, maxDurationMs: HOUR_MS },
  { sharePercent: 50, minRequests: 400, maxDurationMs: HOUR_MS },
];
const criteria = standardCriteria(100);
const PLANS: readonly (readonly [name: string, plan: RolloutPlan])[] = [
  ["advance when proven (default)", RolloutPlan.parse({ stages: STAGES, criteria })],
  [
    "advance when not shown worse",
    RolloutPlan.parse({ stages: STAGES, criteria: { ...criteria, advanceWhen: "not-worse" } }),
  ],
  [
    "as before: margins 2, 5 and 10 points, 5 % false alarms",
    RolloutPlan.parse({
      stages: STAGES,
      criteria: {
        advanceWhen: "not-worse",
        errorRate: { maxIncrease: 0.02 },
        slowShare: { latencyBoundMs: 100, maxIncrease: 0.05 },
        accuracy: { maxDrop: 0.1, minFeedback: 30 },
        alpha: 0.05,
      },
    }),
  ],
];

const EQUAL: readonly (readonly [name: string, truth: Truth])[] = [
  ["1 % errors, 1 % slow, accuracy 75 %", USUAL],
  ["0.1 % errors, 0.2 % slow, accuracy 98 %", { error: 0.001, slow: 0.002, accuracy: 0.98 }],
  ["5 % errors, 5 % slow, accuracy 60 %", { error: 0.05, slow: 0.05, accuracy: 0.6 }],
];
const LOSSES: readonly (readonly [name: string, truth: Truth])[] = [
  ["errors 1 % to 2.5 %", { ...USUAL, error: 0.025 }],
  ["errors 1 % to 3 %", { ...USUAL, error: 0.03 }],
  ["slow 1 % to 4 %", { ...USUAL, slow: 0.04 }],
  ["accuracy 75 % to 72 %", { ...USUAL, accuracy: 0.72 }],
  ["accuracy 75 % to 70 %", { ...USUAL, accuracy: 0.7 }],
];

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
function median(outcomes: readonly Outcome[]): string {
  const sorted = outcomes.map((outcome) => outcome.seconds).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? "" : `${(middle / 60).toFixed(0)} min`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  for (const row of [head, ...rows])
    console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
}

const ended = (outcomes: readonly Outcome[], end: Outcome["end"]) =>
  outcomes.filter((outcome) => outcome.end === end);

console.log(
  `${RUNS} rollouts each, ${FLOW.requestsPerSecond} requests a second, ${percent(FLOW.labelShare)} labelled\n`,
);
console.log("Equal versions: rolled back is a false alarm");
table(
  ["plan", "both versions", "rolled back", "promoted", "held", "until promoted"],
  PLANS.flatMap(([name, plan]) =>
    EQUAL.map(([what, truth]) => {
      const outcomes = simulateMany(RUNS, plan, FLOW, truth, truth);
      const shares = (["rollback", "complete", "hold"] as const).map((end) =>
        percent(shareOf(outcomes, end)),
      );
      return [name, what, ...shares, median(ended(outcomes, "complete"))];
    }),
  ),
);

console.log("\nWorse versions: promoted is a miss");
table(
  ["plan", "loss", "missed", "rolled back", "held", "until rolled back"],
  PLANS.flatMap(([name, plan]) =>
    LOSSES.map(([what, truth]) => {
      const outcomes = simulateMany(RUNS, plan, FLOW, USUAL, truth);
      const shares = (["complete", "rollback", "hold"] as const).map((end) =>
        percent(shareOf(outcomes, end)),
      );
      return [name, what, ...shares, median(ended(outcomes, "rollback"))];
    }),
  ),
);

const profile: TrafficProfile = {
  requestsPerSecond: FLOW.requestsPerSecond,
  errorRate: USUAL.error,
  slowShare: USUAL.slow,
  labelShare: FLOW.labelShare,
  accuracy: USUAL.accuracy,
  numeric: null,
};
console.log("\nWhat the default plan states before it starts");
for (const [, plan] of PLANS.slice(0, 1)) {
  const { metrics, promoted } = planPower(plan, profile);
  table(
    ["metric", "loss", "noticed", "equal version proven"],
    metrics.map((each) => [each.metric, percent(each.loss), percent(each.noticed), percent(each.proven)]),
  );
  console.log(`an equal version is promoted in ${percent(promoted)}`);
}
