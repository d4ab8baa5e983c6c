"use client";
import { X } from "lucide-react";
import { Dialog as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { Button } from "./button";
import { cn } from "./cn";
import { overlayClasses } from "./dialog";
import { useReturnFocus } from "./use-return-focus";

export const Sheet = Primitive.Root;
export const SheetTrigger = Primitive.Trigger;
export const SheetClose = Primitive.Close;

const sides = {
  left: "inset-y-0 left-0 border-r data-[state=open]:slide-in-from-left",
  right: "inset-y-0 right-0 border-l data-[state=open]:slide-in-from-right",
};

/** A panel at the screen's edge; `title` is its accessible name. */
export function SheetContent(
  props: ComponentProps<typeof Primitive.Content> & {
    side?: "left" | "right";
    title: string;
    hideTitle?: boolean;
  },
) {
  const { className, side = "right", title, hideTitle, children, ...rest } = props;
  const focus = useReturnFocus();
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={overlayClasses} />
      <Primitive.Content
        aria-describedby={undefined}
        {...focus}
        className={cn(
          "fixed z-50 flex w-80 max-w-[calc(100vw-3rem)] flex-col bg-surface shadow-popover duration-150 data-[state=open]:animate-in",
          sides[side],
          className,
        )}
        {...rest}
      >
        <Primitive.Title className={hideTitle ? "sr-only" : "border-b px-4 py-3 text-lg font-semibold"}>
          {title}
        </Primitive.Title>
        {children}
        <Primitive.Close asChild>
          <Button variant="ghost" size="icon-sm" aria-label="Close" className="absolute top-2.5 right-2.5">
            <X aria-hidden />
          </Button>
        </Primitive.Close>
      </Primitive.Content>
    </Primitive.Portal>
  );
}
