import { ArrowDownRight, ArrowRight, ArrowUpRight } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

export type StatTileProps = {
  label: string;
  value: ReactNode;
  unit?: string;
  /** What the number means or covers: "last 30 days, 12 promotions". */
  note?: ReactNode;
  trend?: { text: string; direction: "up" | "down" | "flat"; good: boolean | null };
  href?: string;
  children?: ReactNode;
};

/** One number with its unit, meaning and trend. Icon and words carry the trend, not colour alone. */
export function StatTile({ label, value, unit, note, trend, href, children }: StatTileProps) {
  const Arrow =
    trend?.direction === "up" ? ArrowUpRight : trend?.direction === "down" ? ArrowDownRight : ArrowRight;
  return (
    <div
      className={cn(
        "relative flex min-w-0 flex-col gap-1 rounded-lg border bg-surface px-3 py-3 sm:px-4",
        href && "hover:bg-surface-hover",
      )}
    >
      <p className="text-sm text-fg-muted">
        {href ? (
          <Link href={href} className="after:absolute after:inset-0 after:rounded-lg">
            {label}
          </Link>
        ) : (
          label
        )}
      </p>
      <p className="flex items-baseline gap-1">
        <span data-numeric className="text-2xl font-semibold tracking-tight">
          {value}
        </span>
        {unit ? <span className="text-sm text-fg-muted">{unit}</span> : null}
      </p>
      {trend ? (
        <p
          className={cn(
            "flex items-center gap-1 text-sm",
            trend.good === null ? "text-fg-muted" : trend.good ? "text-positive" : "text-negative",
          )}
        >
          <Arrow aria-hidden className="size-3.5" />
          {trend.text}
        </p>
      ) : null}
      {note ? <p className="text-sm text-fg-subtle">{note}</p> : null}
      {children}
    </div>
  );
}
