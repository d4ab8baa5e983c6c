import { cn } from "./cn";

export type ProgressProps = {
  /** Done part, 0 to 1; `null` when the total is not known. */
  value: number | null;
  label: string;
  tone?: "accent" | "positive" | "warning" | "negative";
  className?: string;
};

const fills = {
  accent: "bg-accent",
  positive: "bg-positive",
  warning: "bg-warning",
  negative: "bg-negative",
};

/** A progress bar with an accessible name; unknown progress says so instead of inventing a number. */
export function Progress({ value, label, tone = "accent", className }: ProgressProps) {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- the native element cannot be styled alike in all engines
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={cn("h-1.5 w-full overflow-hidden rounded-full bg-border", className)}
    >
      <div
        data-mark
        className={cn(
          "h-full rounded-full transition-[width]",
          fills[tone],
          percent === undefined && "w-1/3 animate-pulse",
        )}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
