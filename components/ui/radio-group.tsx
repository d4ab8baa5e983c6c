"use client";
import { RadioGroup as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A set of options of which one holds. */
export function RadioGroup({ className, ...rest }: ComponentProps<typeof Primitive.Root>) {
  return <Primitive.Root className={cn("grid gap-2", className)} {...rest} />;
}

/** One option; label it with `<Label htmlFor>`. */
export function RadioGroupItem({ className, ...rest }: ComponentProps<typeof Primitive.Item>) {
  return (
    <Primitive.Item
      className={cn(
        "relative inline-flex size-4 shrink-0 items-center justify-center rounded-full border border-border-strong bg-surface after:absolute after:-inset-1 disabled:bg-surface-sunken data-[state=checked]:border-accent",
        className,
      )}
      {...rest}
    >
      <Primitive.Indicator className="size-2 rounded-full bg-accent" />
    </Primitive.Item>
  );
}
