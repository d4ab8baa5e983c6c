import type { ComponentProps } from "react";
import { cn } from "./cn";

/** A field's label. */
export function Label({ className, ...rest }: ComponentProps<"label">) {
  // oxlint-disable-next-line jsx-a11y/label-has-associated-control -- whoever uses it names the control by htmlFor
  return <label className={cn("text-sm font-medium text-fg", className)} {...rest} />;
}
