import { type ReactNode, useId } from "react";
import { cn } from "@/components/ui/cn";

export type SectionProps = {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  /** Makes the section a link target. */
  id?: string;
  /** Draw the body in a bordered surface; `flush` without inner padding (tables). */
  frame?: "none" | "card" | "flush";
  children: ReactNode;
  className?: string;
};

/** A named part of a page (h2 and region). */
export function Section({
  title,
  description,
  actions,
  id,
  frame = "none",
  children,
  className,
}: SectionProps) {
  const generated = useId();
  const headingId = id ? `${id}-title` : generated;
  return (
    <section
      id={id}
      aria-labelledby={headingId}
      className={cn("flex min-w-0 scroll-mt-24 flex-col gap-2", className)}
    >
      <div className="flex flex-wrap items-end justify-between gap-2">
        <div>
          <h2 id={headingId} className="text-base font-semibold">
            {title}
          </h2>
          {description ? <p className="text-sm text-fg-muted">{description}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
      {frame === "none" ? (
        children
      ) : (
        <div
          className={cn("min-w-0 overflow-hidden rounded-lg border bg-surface", frame === "card" && "p-4")}
        >
          {children}
        </div>
      )}
    </section>
  );
}
