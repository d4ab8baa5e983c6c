"use client";
import { Check, ChevronDown } from "lucide-react";
import { Select as Primitive } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";
import { fieldClasses } from "./input";
import { useTypedEarly } from "./use-typed-early";

/** The platform's own select, styled: the first choice in forms (works without script, best on phones). */
export function NativeSelect({ className, children, ref, ...rest }: ComponentProps<"select">) {
  const field = useTypedEarly(ref, (select) =>
    String(rest.value ?? rest.defaultValue ?? select.options[0]?.value ?? ""),
  );
  return (
    <span className={cn("relative inline-flex w-full", className)}>
      <select ref={field} className={cn(fieldClasses, "h-8 appearance-none pr-8 pl-2.5")} {...rest}>
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-2 right-2 size-4 text-fg-subtle" />
    </span>
  );
}

export const Select = Primitive.Root;
export const SelectValue = Primitive.Value;
export const SelectGroup = Primitive.Group;

/** The button that opens a rich select. */
export function SelectTrigger({ className, children, ...rest }: ComponentProps<typeof Primitive.Trigger>) {
  return (
    <Primitive.Trigger
      className={cn(
        fieldClasses,
        "inline-flex h-8 items-center justify-between gap-2 px-2.5 data-[placeholder]:text-fg-subtle",
        className,
      )}
      {...rest}
    >
      {children}
      <Primitive.Icon asChild>
        <ChevronDown aria-hidden className="size-4 text-fg-subtle" />
      </Primitive.Icon>
    </Primitive.Trigger>
  );
}

/** The list of a rich select. */
export function SelectContent({ className, children, ...rest }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        position="popper"
        sideOffset={4}
        className={cn(
          "z-50 max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg border bg-surface-raised p-1 shadow-popover",
          className,
        )}
        {...rest}
      >
        <Primitive.Viewport>{children}</Primitive.Viewport>
      </Primitive.Content>
    </Primitive.Portal>
  );
}

/** One option of a rich select. */
export function SelectItem({ className, children, ...rest }: ComponentProps<typeof Primitive.Item>) {
  return (
    <Primitive.Item
      className={cn(
        "relative flex h-8 items-center rounded-md pr-2 pl-7 text-base outline-none select-none data-[disabled]:text-fg-subtle data-[highlighted]:bg-surface-hover",
        className,
      )}
      {...rest}
    >
      <Primitive.ItemIndicator className="absolute left-2">
        <Check aria-hidden className="size-4 text-accent-text" />
      </Primitive.ItemIndicator>
      <Primitive.ItemText>{children}</Primitive.ItemText>
    </Primitive.Item>
  );
}

/** A group's heading inside a rich select. */
export function SelectLabel({ className, ...rest }: ComponentProps<typeof Primitive.Label>) {
  return <Primitive.Label className={cn("px-2 py-1 text-xs text-fg-subtle", className)} {...rest} />;
}
