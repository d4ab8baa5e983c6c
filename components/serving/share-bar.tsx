import { cn } from "@/components/ui/cn";

/** How requests are split between stable and canary, as a bar and in words. */
export function ShareBar({ sharePercent, className }: { sharePercent: number; className?: string }) {
  return (
    <span className={cn("flex items-center gap-2", className)}>
      <span
        aria-hidden
        data-mark
        className="flex h-1.5 min-w-16 flex-1 overflow-hidden rounded-full bg-[var(--chart-1)]/30"
      >
        <span
          className="bg-[var(--chart-2)] motion-safe:transition-[width] motion-safe:duration-500"
          style={{ width: `${sharePercent}%` }}
        />
      </span>
      <span data-numeric className="text-sm whitespace-nowrap text-fg-muted">
        {sharePercent}%
      </span>
    </span>
  );
}
