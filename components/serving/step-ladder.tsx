"use client";
import { Check, Circle, CircleDot, CircleX } from "lucide-react";
import { formatDuration, formatNumber } from "@/components/common/format";
import { useNow } from "@/components/common/use-now";
import { cn } from "@/components/ui/cn";
import { type StageSpan, stageClockMs, stageSpans } from "./rollout-model";
import type { RolloutView } from "./types";

const LOOKS = {
  done: { icon: Check, word: "Done", ink: "text-positive", box: "bg-surface" },
  current: { icon: CircleDot, word: "Now", ink: "text-info", box: "border-info/50 bg-info-soft" },
  waiting: { icon: Circle, word: "Next", ink: "text-fg-subtle", box: "border-dashed bg-surface" },
  stopped: {
    icon: CircleX,
    word: "Stopped here",
    ink: "text-negative",
    box: "border-negative/40 bg-negative-soft",
  },
} as const;

export interface StageCounts {
  stable: number;
  canary: number;
}

function timeOf(span: StageSpan, rollout: RolloutView, now: number): string {
  const limit = formatDuration(span.maxDurationMs);
  if (span.from === null) return `at most ${limit}`;
  if (span.state === "current")
    return now === 0 ? `of ${limit}` : `${formatDuration(stageClockMs(rollout, now))} of ${limit}`;
  return span.to === null ? "" : `took ${formatDuration(span.to - span.from)}`;
}

/** A stage that has not begun: the next one, a later one, or after the end one that was not reached. */
function waitingWord(span: StageSpan, rollout: RolloutView): string {
  if (rollout.finishedAt !== null) return "Not reached";
  return span.index <= rollout.stageIndex + 1 ? LOOKS.waiting.word : "Later";
}

function Step({
  span,
  rollout,
  counts,
}: {
  span: StageSpan;
  rollout: RolloutView;
  counts: StageCounts | undefined;
}) {
  const now = useNow();
  const look = LOOKS[span.state];
  const Icon = look.icon;
  const paused = span.state === "current" && rollout.state === "paused";
  const seen = counts ? Math.min(counts.canary, span.sharePercent < 100 ? counts.stable : counts.canary) : 0;
  const filled =
    span.state === "done"
      ? 100
      : span.state === "waiting"
        ? 0
        : Math.min(100, (100 * seen) / span.minRequests);
  return (
    <li
      aria-current={span.state === "current" ? "step" : undefined}
      className={cn(
        "relative flex min-w-0 flex-1 flex-col gap-1 overflow-hidden rounded-lg border px-3 py-2.5",
        look.box,
      )}
    >
      <p className="flex items-baseline justify-between gap-2">
        <span data-numeric className="text-xl font-semibold tracking-tight">
          {span.sharePercent}%
        </span>
        <span className={cn("inline-flex items-center gap-1 text-sm font-medium", look.ink)}>
          <Icon aria-hidden className="size-3.5 self-center" />
          {paused ? "Paused" : span.state === "waiting" ? waitingWord(span, rollout) : look.word}
        </span>
      </p>
      <p className="text-sm text-fg-muted" data-numeric>
        {span.state === "waiting"
          ? `needs ${formatNumber(span.minRequests, 0)} requests each`
          : counts
            ? `${formatNumber(counts.canary, 0)} canary, ${formatNumber(counts.stable, 0)} stable of ${formatNumber(span.minRequests, 0)} each`
            : `needs ${formatNumber(span.minRequests, 0)} requests each`}
      </p>
      <p className="text-sm text-fg-subtle" data-numeric>
        {timeOf(span, rollout, now)}
      </p>
      <span aria-hidden data-mark className="absolute inset-x-0 bottom-0 h-1 bg-border/60">
        <span
          className={cn(
            "block h-full motion-safe:transition-[width] motion-safe:duration-500",
            span.state === "stopped" ? "bg-negative" : span.state === "done" ? "bg-positive" : "bg-info",
          )}
          style={{ width: `${filled}%` }}
        />
      </span>
    </li>
  );
}

/** The stages of a rollout: share, requests against what is needed, time against what is allowed. */
export function StepLadder({
  rollout,
  counts,
}: {
  rollout: RolloutView;
  counts: readonly StageCounts[] | undefined;
}) {
  return (
    <ol aria-label="Stages" className="flex flex-col gap-2 sm:flex-row">
      {stageSpans(rollout).map((span) => (
        <Step key={span.index} span={span} rollout={rollout} counts={counts?.[span.index]} />
      ))}
    </ol>
  );
}
