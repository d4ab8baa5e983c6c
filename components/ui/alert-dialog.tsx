"use client";
import { AlertDialog as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { overlayClasses, panelClasses } from "./dialog";
import { useReturnFocus } from "./use-return-focus";

export const AlertDialog = Primitive.Root;
export const AlertDialogCancel = Primitive.Cancel;
export const AlertDialogAction = Primitive.Action;

/** A question that must be answered; a press outside does not close it. */
export function AlertDialogContent({ className, ...rest }: ComponentProps<typeof Primitive.Content>) {
  const focus = useReturnFocus();
  return (
    <Primitive.Portal>
      <Primitive.Overlay className={overlayClasses} />
      <Primitive.Content className={cn(panelClasses, "max-w-md gap-3 p-5", className)} {...focus} {...rest} />
    </Primitive.Portal>
  );
}

/** The question's name: the object and what happens to it. */
export function AlertDialogTitle({ className, ...rest }: ComponentProps<typeof Primitive.Title>) {
  return <Primitive.Title className={cn("text-lg font-semibold", className)} {...rest} />;
}

/** The consequence in words. */
export function AlertDialogDescription({ className, ...rest }: ComponentProps<typeof Primitive.Description>) {
  return <Primitive.Description className={cn("text-base text-fg-muted", className)} {...rest} />;
}

/** The row of answers. */
export function AlertDialogFooter({ className, ...rest }: ComponentProps<"div">) {
  return <div className={cn("mt-2 flex flex-wrap justify-end gap-2", className)} {...rest} />;
}
