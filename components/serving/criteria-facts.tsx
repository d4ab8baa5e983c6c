import { formatDuration, formatNumber, formatPercent } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import type { RolloutView } from "./types";

const points = (share: number) => `${formatNumber(share * 100, 2)} points`;

/** What a rollout is judged by, in words. */
export function CriteriaFacts({ criteria }: { criteria: RolloutView["criteria"] }) {
  const { errorRate, slowShare, accuracy, absoluteError, squaredError, hardKill } = criteria;
  const rise = (label: string, of: typeof absoluteError) =>
    of
      ? {
          label,
          value: `may rise by at most ${formatPercent(of.maxIncrease)}; at least ${formatNumber(of.minFeedback)} labels in each arm`,
        }
      : null;
  const items = [
    {
      label: "A stage ends",
      value:
        criteria.advanceWhen === "proven"
          ? "when every metric is proven no worse than allowed"
          : "as soon as no metric is shown worse",
    },
    errorRate ? { label: "Error rate", value: `may rise by at most ${points(errorRate.maxIncrease)}` } : null,
    slowShare
      ? {
          label: "Slow requests",
          value: `slower than ${formatDuration(slowShare.latencyBoundMs)}; may rise by at most ${points(slowShare.maxIncrease)}${slowShare.maxShare === undefined ? "" : `, and be at most ${formatPercent(slowShare.maxShare, 1)}`}`,
        }
      : null,
    accuracy
      ? {
          label: "Accuracy",
          value: `may drop by at most ${points(accuracy.maxDrop)}; at least ${formatNumber(accuracy.minFeedback)} labels in each arm`,
        }
      : null,
    rise("Mean absolute error", absoluteError),
    rise("Mean squared error", squaredError),
    { label: "False alarms", value: `at most ${formatPercent(criteria.alpha)} over all metrics and looks` },
    { label: "Least bad events", value: `${criteria.minBadEvents} before a metric may fail` },
    {
      label: "Hard limit",
      value: `${hardKill.consecutiveFailures} failures in a row, or ${formatPercent(hardKill.errorShare)} errors over ${hardKill.minRequests} requests`,
    },
    criteria.watch
      ? {
          label: "After the promotion",
          value:
            criteria.watch.onWorse === "off"
              ? "not watched"
              : `watched for ${formatDuration(criteria.watch.durationMs)}; ${criteria.watch.onWorse === "rollback" ? "goes back by itself" : "an alert offers to roll back"} when proven worse`,
        }
      : null,
    { label: "When time is over", value: criteria.onTimeout === "hold" ? "hold for a person" : "roll back" },
  ];
  return <KeyValue items={items.filter((item) => item !== null)} />;
}
