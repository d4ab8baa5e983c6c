"use client";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { fieldClasses } from "./input";
import { servedText, useTypedEarly } from "./use-typed-early";

/** A text area that grows with its content where the browser can. */
export function Textarea({ className, rows, ref, ...rest }: ComponentProps<"textarea">) {
  const field = useTypedEarly(ref, servedText);
  return (
    <textarea
      ref={field}
      rows={rows ?? 4}
      className={cn(fieldClasses, "field-sizing-content min-h-20 px-2.5 py-1.5", className)}
      {...rest}
    />
  );
}
