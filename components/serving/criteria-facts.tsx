import { formatDuration, formatNumber, formatPercent } from "@/components/common/format";
import { KeyValue } from "@/components/common/key-value";
import type { RolloutView } from "./types";

const points = (share: number) => `${formatNumber(share * 100, 2)} points`;

/** What a rollout is judged by, in words. */
export function CriteriaFacts({ criteria }: { criteria: RolloutView["criteria"] }) {
  const { errorRate, slowShare, accuracy, hardKill } = criteria;
  const items = [
    errorRate ? { label: "Error rate", value: `may rise by at most ${points(errorRate.maxIncrease)}` } : null,
    slowShare
      ? {
          label: "Slow requests",
          value: `slower than ${formatDuration(slowShare.latencyBoundMs)}; may rise by at most ${points(slowShare.maxIncrease)}`,
        }
      : null,
    accuracy
      ? {
          label: "Accuracy",
          value: `may drop by at most ${points(accuracy.maxDrop)}; at least ${formatNumber(accuracy.minFeedback)} labels in each arm`,
        }
      : null,
    { label: "False alarms", value: `at most ${formatPercent(criteria.alpha)} over all metrics and looks` },
    { label: "Least bad events", value: `${criteria.minBadEvents} before a metric may fail` },
    {
      label: "Hard limit",
      value: `${hardKill.consecutiveFailures} failures in a row, or ${formatPercent(hardKill.errorShare)} errors over ${hardKill.minRequests} requests`,
    },
    { label: "When time is over", value: criteria.onTimeout === "hold" ? "hold for a person" : "roll back" },
  ];
  return <KeyValue items={items.filter((item) => item !== null)} />;
}
