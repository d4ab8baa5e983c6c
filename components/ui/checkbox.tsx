"use client";
import { Check, Minus } from "lucide-react";
import { Checkbox as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A checkbox: 24 px to hit, in the room of the 16 that are drawn. */
export function Checkbox({ className, ...rest }: ComponentProps<typeof Primitive.Root>) {
  return (
    <Primitive.Root
      className={cn(
        "group -m-1 inline-flex align-middle size-6 shrink-0 items-center justify-center rounded-sm text-accent-fg disabled:cursor-not-allowed",
        className,
      )}
      {...rest}
    >
      <span className="inline-flex size-4 items-center justify-center rounded-sm border border-border-strong bg-surface group-disabled:bg-surface-sunken group-data-[state=checked]:border-accent group-data-[state=checked]:bg-accent group-data-[state=indeterminate]:border-accent group-data-[state=indeterminate]:bg-accent">
        <Primitive.Indicator>
          <Check aria-hidden strokeWidth={3} className="size-3 group-data-[state=indeterminate]:hidden" />
          <Minus
            aria-hidden
            strokeWidth={3}
            className="hidden size-3 group-data-[state=indeterminate]:block"
          />
        </Primitive.Indicator>
      </span>
    </Primitive.Root>
  );
}
