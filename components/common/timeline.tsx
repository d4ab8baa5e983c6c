import { CircleDot, type LucideIcon } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { badgeVariants, type Tone } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { type DiffEntry, DiffView } from "./diff-view";
import { TimeAgo } from "./time-ago";

export type TimelineEntry = {
  id: string;
  at: Date | string | number;
  /** Who did it; "System" for the factory itself. */
  actor: string;
  /** What happened, as a sentence without the actor: "approved version 3". */
  text: ReactNode;
  icon?: LucideIcon;
  tone?: Tone;
  detail?: ReactNode;
  changes?: readonly DiffEntry[];
  /** The cause, if it has a page. */
  cause?: { label: string; href: string };
};

/** Who did what when, newest first as given, with differences and causes. */
export function Timeline({
  entries,
  label = "Timeline",
  empty = "Nothing has happened yet.",
}: {
  entries: readonly TimelineEntry[];
  label?: string;
  empty?: string;
}) {
  if (entries.length === 0) return <p className="text-fg-subtle">{empty}</p>;
  return (
    <ol aria-label={label} className="flex flex-col">
      {entries.map((entry, index) => {
        const Icon = entry.icon ?? CircleDot;
        return (
          <li key={entry.id} className="relative flex gap-3 pb-4 last:pb-0">
            {index < entries.length - 1 ? (
              <span aria-hidden className="absolute top-6 bottom-0 left-3 w-px bg-border" />
            ) : null}
            <span
              aria-hidden
              className={cn(
                badgeVariants({ tone: entry.tone ?? "neutral" }),
                "size-6 justify-center rounded-full p-0",
              )}
            >
              <Icon />
            </span>
            <div className="flex min-w-0 flex-1 flex-col gap-1 pt-0.5">
              <p className="flex flex-wrap items-baseline gap-x-1.5">
                <span className="font-medium">{entry.actor}</span>
                <span className="min-w-0 break-words text-fg-muted">{entry.text}</span>
                <TimeAgo value={entry.at} className="text-sm text-fg-subtle" />
              </p>
              {entry.detail ? <div className="text-fg-muted">{entry.detail}</div> : null}
              {entry.changes && entry.changes.length > 0 ? <DiffView entries={entry.changes} /> : null}
              {entry.cause ? (
                <Link href={entry.cause.href} className="self-start text-sm text-accent-text hover:underline">
                  {entry.cause.label}
                </Link>
              ) : null}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
