"use client";
import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { fieldClasses } from "./input";
import { useTypedEarly } from "./use-typed-early";

/** The platform's own select, styled: works without script and best on phones. */
export function NativeSelect({ className, children, ref, ...rest }: ComponentProps<"select">) {
  const field = useTypedEarly(ref, (select) => {
    const wanted = String(rest.value ?? rest.defaultValue ?? "");
    // While its options are still being fetched, the select cannot show the value it has: nobody chose anything.
    return [...select.options].some((option) => option.value === wanted) ? wanted : select.value;
  });
  return (
    <span className={cn("relative inline-flex w-full", className)}>
      <select ref={field} className={cn(fieldClasses, "h-8 appearance-none pr-8 pl-2.5")} {...rest}>
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-2 right-2 size-4 text-fg-subtle" />
    </span>
  );
}
