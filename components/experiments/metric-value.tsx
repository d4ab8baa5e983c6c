import { ArrowDown, ArrowUp } from "lucide-react";
import { formatMetric } from "@/components/common/format";
import { directionOf } from "./best";

const signed = (difference: number) => `${difference > 0 ? "+" : "−"}${formatMetric(Math.abs(difference))}`;

/** A metric's value; the best of those shown together is marked, with the way it improves. */
export function MetricValue({
  metric,
  value,
  best,
  base = null,
}: {
  metric: string;
  value: number | null;
  best: number | null;
  /** The baseline's value, from which the difference is told. */
  base?: number | null;
}) {
  const text = value !== null && Number.isNaN(value) ? "NaN" : formatMetric(value);
  const difference = value === null || base === null ? Number.NaN : value - base;
  if (Number.isFinite(difference))
    return (
      <span className="inline-flex flex-col items-end">
        <MetricValue metric={metric} value={value} best={best} />
        <span className="text-xs text-fg-muted">{difference === 0 ? "as baseline" : signed(difference)}</span>
      </span>
    );
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
