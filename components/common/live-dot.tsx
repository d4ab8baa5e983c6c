"use client";
import { Pause, Radio, WifiOff } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { formatDuration } from "./format";
import { useNow } from "./use-now";

export type LiveDotProps = {
  /** When the last message (or heartbeat) arrived; `null` before the first. */
  updatedAt: Date | number | null;
  connected: boolean;
  paused?: boolean;
  /** After this silence the data counts as stale, although connected. */
  staleAfterMs?: number;
  className?: string;
};

/** Freshness in words: live, stale, paused or offline, and how old what is shown is. */
export function LiveDot({ updatedAt, connected, paused, staleAfterMs = 15_000, className }: LiveDotProps) {
  const now = useNow();
  const at = updatedAt === null ? null : Number(updatedAt);
  const age = at === null || now === 0 ? null : Math.max(0, now - at);
  const stale = age !== null && age > staleAfterMs;
  const state = paused ? "paused" : !connected ? "offline" : stale ? "stale" : "live";
  const Icon = state === "paused" ? Pause : state === "live" ? Radio : WifiOff;
  const word = { paused: "Paused", offline: "Reconnecting", stale: "Stale", live: "Live" }[state];
  const old =
    age === null
      ? ""
      : age < 2000
        ? ", updated now"
        : `, updated ${formatDuration(Math.round(age / 1000) * 1000)} ago`;
  return (
    <span
      data-live={state}
      className={cn(
        "inline-flex h-6 items-center gap-1.5 text-sm",
        state === "live" ? "text-positive" : state === "paused" ? "text-fg-muted" : "text-warning",
        className,
      )}
    >
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
