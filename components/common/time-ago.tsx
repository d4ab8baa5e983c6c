"use client";
import { Tooltip } from "@/components/ui/tooltip";
import { cn } from "@/components/ui/cn";
import { formatDateTime, formatRelative } from "./format";
import { useNow } from "./use-now";

/** Relative time that moves by itself; hover or focus shows local and UTC. Renders the UTC moment until hydrated. */
export function TimeAgo({ value, className }: { value: Date | string | number; className?: string }) {
  const now = useNow();
  const date = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(date.getTime())) return <span className={className}>–</span>;
  const utc = `${formatDateTime(date, "UTC")} UTC`;
  const absolute = now === 0 ? utc : `${formatDateTime(date)} local, ${utc}`;
  return (
    <Tooltip content={absolute}>
      <time
        dateTime={date.toISOString()}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the absolute time must be reachable by keyboard
        tabIndex={0}
        className={cn("rounded-sm whitespace-nowrap", className)}
      >
        {now === 0 ? utc : formatRelative(date, now)}
      </time>
    </Tooltip>
  );
}

/** A moment in the reader's own zone, with UTC as its title; UTC until hydrated, because a server knows no reader's zone. */
export function Moment({ value }: { value: Date | string | number | null }) {
  const known = useNow() !== 0;
  if (value === null) return <span>–</span>;
  const utc = `${formatDateTime(value, "UTC")} UTC`;
  return (
    <time dateTime={new Date(value).toISOString()} title={utc} className="whitespace-nowrap">
      {known ? formatDateTime(value) : utc}
    </time>
  );
}

/** A running duration since `from` (or between `from` and `to`), moving by itself. */
export function Elapsed({
  from,
  to,
  format,
}: {
  from: Date | string | number;
  to?: Date | string | number | null;
  format: (ms: number) => string;
}) {
  const now = useNow();
  const start = new Date(from).getTime();
  const end = to === null || to === undefined ? now : new Date(to).getTime();
  return <span data-numeric>{end === 0 ? "…" : format(Math.max(0, end - start))}</span>;
}
