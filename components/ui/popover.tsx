"use client";
import { Popover as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

export const Popover = Primitive.Root;
export const PopoverTrigger = Primitive.Trigger;
export const PopoverAnchor = Primitive.Anchor;
export const PopoverClose = Primitive.Close;

/** A panel beside its trigger; give it an `aria-label` or a heading. */
export function PopoverContent({
  className,
  sideOffset,
  align,
  ...rest
}: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        sideOffset={sideOffset ?? 4}
        align={align ?? "start"}
        className={cn(
          "z-50 w-72 max-w-[calc(100vw-1rem)] rounded-lg border bg-surface-raised p-3 shadow-popover outline-none",
          className,
        )}
        {...rest}
      />
    </Primitive.Portal>
  );
}
