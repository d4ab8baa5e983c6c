"use client";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { servedText, useTypedEarly } from "./use-typed-early";

export const fieldClasses =
  "w-full min-w-0 rounded-md border border-border-strong/70 bg-surface text-base text-fg placeholder:text-fg-subtle hover:border-border-strong focus-visible:border-focus focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-focus disabled:cursor-not-allowed disabled:bg-surface-sunken disabled:text-fg-subtle [&[readonly]]:bg-surface-sunken aria-invalid:border-negative";

/** A one-line text field. */
export function Input({ className, type, ref, ...rest }: ComponentProps<"input">) {
  const field = useTypedEarly(ref, servedText);
  return (
    <input
      ref={field}
      type={type ?? "text"}
      className={cn(fieldClasses, "h-8 px-2.5", className)}
      {...rest}
    />
  );
}
