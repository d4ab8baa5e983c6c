import { type VariantProps, cva } from "class-variance-authority";
import type { ComponentProps } from "react";
import { cn } from "./cn";

export const badgeVariants = cva(
  "inline-flex h-5 max-w-full items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        neutral: "bg-surface-sunken text-fg-muted ring-1 ring-border ring-inset",
        accent: "bg-accent-soft text-accent-text",
        positive: "bg-positive-soft text-positive",
        warning: "bg-warning-soft text-warning",
        negative: "bg-negative-soft text-negative",
        info: "bg-info-soft text-info",
        outline: "text-fg-muted ring-1 ring-border ring-inset",
      },
    },
    defaultVariants: { tone: "neutral" },
  },
);

export type Tone = NonNullable<VariantProps<typeof badgeVariants>["tone"]>;

/** A small label. For states use `StatusBadge`, which adds the icon. */
export function Badge({ className, tone, ...rest }: ComponentProps<"span"> & { tone?: Tone }) {
  return <span className={cn(badgeVariants({ tone }), className)} {...rest} />;
}
