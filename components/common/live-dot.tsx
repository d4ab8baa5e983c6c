"use client";
import { Pause, Radio, WifiOff } from "lucide-react";
import { cn } from "@/components/ui/cn";
import type { LiveStatus } from "@/components/kit/use-live";
import { formatDuration } from "./format";
import { useNow } from "./use-now";

export type LiveDotProps = {
  /** When the last message (or heartbeat) arrived; `null` before the first. */
  updatedAt: Date | number | null;
  status: LiveStatus;
  paused?: boolean;
  /** For data that is asked for again and again: older than this it counts as stale, although connected. */
  staleAfterMs?: number;
  className?: string;
};

const LOOKS = {
  connecting: { word: "Connecting", icon: Radio, color: "text-fg-muted" },
  live: { word: "Live", icon: Radio, color: "text-positive" },
  reconnecting: { word: "Reconnecting", icon: WifiOff, color: "text-warning" },
  stale: { word: "Stale", icon: WifiOff, color: "text-warning" },
  paused: { word: "Paused", icon: Pause, color: "text-fg-muted" },
} as const;

/** Freshness in words: how the connection stands, and how old what is shown is. */
export function LiveDot({ updatedAt, status, paused, staleAfterMs = Infinity, className }: LiveDotProps) {
  const now = useNow();
  const at = updatedAt === null ? null : Number(updatedAt);
  const age = at === null || now === 0 ? null : Math.max(0, now - at);
  const stale = age !== null && age > staleAfterMs;
  const state = paused ? "paused" : status === "live" && stale ? "stale" : status;
  const { word, icon: Icon, color } = LOOKS[state];
  const old =
    age === null
      ? ""
      : age < 2000
        ? ", updated now"
        : `, updated ${formatDuration(Math.round(age / 1000) * 1000)} ago`;
  return (
    <span data-live={state} className={cn("inline-flex h-6 items-center gap-1.5 text-sm", color, className)}>
      <Icon
        aria-hidden
        className={cn(
          "size-3.5",
          state === "live" && "motion-safe:animate-[live-pulse_2s_ease-in-out_infinite]",
        )}
      />
      <span>{word}</span>
      <span className="text-fg-subtle">{old.slice(2)}</span>
    </span>
  );
}
