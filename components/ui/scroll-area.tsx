import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A region that scrolls and can be reached by keyboard. Native scrolling: touch, zoom and find-in-page all work. */
export function ScrollArea({ className, label, ...rest }: ComponentProps<"section"> & { label: string }) {
  return (
    <section
      aria-label={label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroll container must be reachable by keyboard
      tabIndex={0}
      data-inset-focus
      className={cn("overflow-auto overscroll-contain", className)}
      {...rest}
    />
  );
}
