"use client";
import { Tooltip as Primitive } from "radix-ui";
import type { ReactNode } from "react";

export const TooltipProvider = Primitive.Provider;

/** A short explanation on hover and focus; the trigger keeps its own accessible name. */
export function Tooltip(props: {
  content: ReactNode;
  children: ReactNode;
  side?: "top" | "right" | "bottom" | "left";
}) {
  return (
    <Primitive.Root>
      <Primitive.Trigger asChild>{props.children}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          side={props.side ?? "top"}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-72 rounded-md border border-fg/10 bg-fg px-2 py-1 text-sm text-background shadow-popover"
        >
          {props.content}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
