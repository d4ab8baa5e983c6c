"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatDuration, formatNumber, formatPercent } from "@/components/common/format";
import { ListSkeleton } from "@/components/common/skeletons";
import { StatTile } from "@/components/common/stat-tile";
import { useTRPC } from "@/components/kit/trpc";
import { MIN_CASES, type Share } from "@/server/insights/rules";

export type WindowName = "7d" | "30d" | "90d" | "365d";
export const WINDOW_WORDS: Record<WindowName, string> = {
  "7d": "last 7 days",
  "30d": "last 30 days",
  "90d": "last 90 days",
  "365d": "last year",
};

const intervalOf = (share: Share) => `95% interval ${formatPercent(share.lo)} to ${formatPercent(share.hi)}`;

/** "sent back once", "handled by people 2.5 times". */
function timesInWords(times: number | null, what: string): string {
  if (times === null) return `${what} –`;
  if (times === 0) return `never ${what}`;
  return times === 1 ? `${what} once` : `${what} ${formatNumber(times, 1)} times`;
}

/** The line's first numbers; each leads to the rows behind it. */
export function VelocityTiles({ window = "30d" }: { window?: WindowName }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.insights.velocity.queryOptions({ window }));
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <ListSkeleton />;
  const { etp, cycle, friction, gateFalseNegatives: missed } = data;
  const at = `/insights?window=${window}`;
  return (
    <div className="grid grid-cols-2 gap-3 xl:grid-cols-4">
      <StatTile
        label="Experiments to production"
        href={`${at}#cycles`}
        value={etp.value === null ? "–" : formatPercent(etp.value)}
        note={
          etp.n === 0
            ? "no run started in this window"
            : `${etp.events} of ${formatNumber(etp.n, 0)} runs; ${intervalOf(etp)}`
        }
      />
      <StatTile
        label="Cycle time, median"
        href={`${at}#cycles`}
        value={cycle.p50 === null ? "–" : formatDuration(cycle.p50)}
        note={
          cycle.n === 0
            ? "no version has reached production yet"
            : `p75 ${formatDuration(cycle.p75)}, p95 ${formatDuration(cycle.p95)}, n ${cycle.n}; ${data.open} still open`
        }
      />
      <StatTile
        label="Time spent waiting for people"
        href={`${at}#stages`}
        value={friction.humanShare === null ? "–" : formatPercent(friction.humanShare)}
        note={
          friction.n === 0
            ? "no version has reached production yet"
            : `Of the way to production, reviews took this share. A version was ${timesInWords(friction.touches, "handled by people")} and ${timesInWords(friction.returns, "sent back")} on average. (Promotion friction)`
        }
      />
      <StatTile
        label="Let through, then rolled back"
        href={`${at}#promotions`}
        value={missed.n < MIN_CASES || missed.value === null ? "–" : formatPercent(missed.value)}
        note={
          missed.n === 0
            ? "no version that passed every gate has finished its rollout (gate false negatives)"
            : `${missed.events} of ${missed.n} versions passed every gate, and production sent them back all the same. (Gate false negatives) ${missed.n < MIN_CASES ? `A share is told from ${MIN_CASES} on.` : `${intervalOf(missed)}.`}`
        }
      />
    </div>
  );
}
