import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

export type StateFrameProps = {
  icon: LucideIcon;
  title: string;
  text: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
  /** `h1` when the state is the whole page, `h2` inside a page, `p` inside a card. */
  heading?: "h1" | "h2" | "p";
  className?: string;
};

/** The common frame of empty, forbidden and not-found states. */
export function StateFrame({
  icon: Icon,
  title,
  text,
  actions,
  children,
  heading = "h1",
  className,
}: StateFrameProps) {
  const Heading = heading;
  return (
    <div className={cn("flex flex-col items-start gap-3", className)}>
      <span className="flex size-9 items-center justify-center rounded-lg border bg-surface text-fg-subtle">
        <Icon aria-hidden className="size-4.5" />
      </span>
      <Heading className="text-lg font-semibold">{title}</Heading>
      <div className="max-w-2xl text-pretty text-fg-muted">{text}</div>
      {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
      {children}
    </div>
  );
}
