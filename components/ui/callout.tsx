import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "./cn";

export type CalloutTone = "info" | "positive" | "warning" | "negative" | "neutral";

const looks = {
  info: { icon: Info, box: "border-info/30 bg-info-soft", ink: "text-info" },
  positive: { icon: CircleCheck, box: "border-positive/30 bg-positive-soft", ink: "text-positive" },
  warning: { icon: TriangleAlert, box: "border-warning/30 bg-warning-soft", ink: "text-warning" },
  negative: { icon: CircleAlert, box: "border-negative/30 bg-negative-soft", ink: "text-negative" },
  neutral: { icon: Info, box: "bg-surface-sunken", ink: "text-fg-subtle" },
};

export type CalloutProps = {
  tone?: CalloutTone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** `alert` interrupts a screen reader: only for something that just went wrong. */
  role?: "alert" | "status";
  className?: string;
};

/** A boxed message with icon, title, text and actions. */
export function Callout({ tone = "info", title, children, actions, role, className }: CalloutProps) {
  const { icon: Icon, box, ink } = looks[tone];
  return (
    <div role={role} className={cn("flex gap-2.5 rounded-lg border px-3 py-2.5", box, className)}>
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", ink)} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        {title ? <p className="font-medium text-fg">{title}</p> : null}
        {children ? <div className="text-fg-muted">{children}</div> : null}
        {actions ? <div className="mt-1 flex flex-wrap gap-2">{actions}</div> : null}
      </div>
    </div>
  );
}
