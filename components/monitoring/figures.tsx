import { formatDuration, formatNumber, formatPercent } from "@/components/common/format";
import { StatusBadge } from "@/components/common/status-badge";
import { MIN_REQUESTS_FOR_P99 } from "@/server/monitoring/rules";

export interface Rate {
  value: number | null;
  lo: number | null;
  hi: number | null;
  n: number;
}

/** A share with what it rests on: "92.0% (86.5% to 95.4%, n 150)". */
export function RateText({ rate, nothing = "no data" }: { rate: Rate; nothing?: string }) {
  if (rate.value === null) return <span className="text-fg-subtle">{nothing}</span>;
  return (
    <span data-numeric className="whitespace-nowrap">
      {formatPercent(rate.value)}{" "}
      <span className="text-sm text-fg-subtle">
        ({formatPercent(rate.lo)} to {formatPercent(rate.hi)}, n {formatNumber(rate.n)})
      </span>
    </span>
  );
}

export const rateWords = (rate: Rate, nothing: string): string =>
  rate.value === null
    ? nothing
    : `95% interval ${formatPercent(rate.lo)} to ${formatPercent(rate.hi)}, n ${formatNumber(rate.n)}`;

/** p99, or why there is none. */
export function P99Text({ p99Ms, requests }: { p99Ms: number | null; requests: number }) {
  if (p99Ms !== null) return <span data-numeric>{formatDuration(p99Ms)}</span>;
  return (
    <span className="text-sm text-fg-subtle">
      needs {MIN_REQUESTS_FOR_P99} requests, has {formatNumber(requests)}
    </span>
  );
}

const DRIFT: Record<string, { status: string; label: string }> = {
  drift: { status: "degraded", label: "Drift" },
  "no-drift": { status: "healthy", label: "No drift" },
  "not-enough-data": { status: "no_data", label: "Too few requests" },
};

export function DriftBadge({ verdict }: { verdict: string | null }) {
  const look = (verdict && DRIFT[verdict]) || { status: "no_data", label: "Not judged yet" };
  return <StatusBadge status={look.status} label={look.label} />;
}
