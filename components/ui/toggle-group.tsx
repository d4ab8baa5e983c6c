"use client";
import { ToggleGroup as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A segmented control; give it an `aria-label`. */
export function ToggleGroup({ className, ...rest }: ComponentProps<typeof Primitive.Root>) {
  return (
    <Primitive.Root
      className={cn("inline-flex h-8 rounded-md border bg-surface-sunken p-0.5", className)}
      {...rest}
    />
  );
}

/** One segment. */
export function ToggleGroupItem({ className, ...rest }: ComponentProps<typeof Primitive.Item>) {
  return (
    <Primitive.Item
      className={cn(
        "inline-flex min-w-6 items-center justify-center gap-1 rounded-sm px-2 text-sm text-fg-muted hover:text-fg data-[state=on]:bg-surface-raised data-[state=on]:font-medium data-[state=on]:text-fg data-[state=on]:shadow-xs [&_svg]:size-4",
        className,
      )}
      {...rest}
    />
  );
}
