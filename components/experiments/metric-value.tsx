import { ArrowDown, ArrowUp } from "lucide-react";
import { formatMetric } from "@/components/common/format";
import { directionOf } from "./best";

/** A metric's value; the best of those shown together is marked, with the way it improves. */
export function MetricValue({
  metric,
  value,
  best,
}: {
  metric: string;
  value: number | null;
  best: number | null;
}) {
  const text = value !== null && Number.isNaN(value) ? "NaN" : formatMetric(value);
  if (best === null || value !== best) return <>{text}</>;
  const Arrow = directionOf(metric) === "smaller" ? ArrowDown : ArrowUp;
  return (
    <span
      className="inline-flex items-center gap-1 font-semibold text-positive"
      title={`Best of those shown: ${directionOf(metric)} is better`}
    >
      <Arrow aria-hidden className="size-3.5" />
      {text}
      <span className="sr-only"> best</span>
    </span>
  );
}
