import { badgeVariants } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { statusLook } from "./status";

/** A state as icon, word and colour. `label` replaces the word (never the meaning). */
export function StatusBadge({
  status,
  label,
  className,
}: {
  status: string;
  label?: string;
  className?: string;
}) {
  const look = statusLook(status);
  const Icon = look.icon;
  return (
    <span data-status={status} className={cn(badgeVariants({ tone: look.tone }), className)}>
      <Icon
        aria-hidden
        className={look.moving ? "motion-safe:animate-[spin_2s_linear_infinite]" : undefined}
      />
      <span className="truncate">{label ?? look.label}</span>
    </span>
  );
}
