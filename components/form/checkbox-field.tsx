"use client";
import type { ReactNode } from "react";
import { type FieldValues, useController } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/cn";
import { Label } from "@/components/ui/label";
import type { FieldBase } from "./field";
import type { Bound } from "./fields";

/** Yes or no. The label is beside the box. */
export function CheckboxField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  className,
  disabled,
}: Bound<V, O> & FieldBase & { disabled?: boolean; hint?: ReactNode }) {
  const {
    field: { ref, value, onBlur, onChange },
    fieldState,
  } = useController({ control, name });
  const id = `field-${name.replaceAll(".", "-")}`;
  const message = fieldState.error?.message;
  return (
    <div className={cn("flex flex-col gap-1", className)}>
      <div className="flex min-h-6 items-center gap-2">
        <Checkbox
          id={id}
          ref={ref}
          name={name}
          disabled={disabled}
          checked={value === true}
          onBlur={onBlur}
          onCheckedChange={(on) => onChange(on === true)}
          aria-invalid={message ? true : undefined}
          aria-describedby={hint || message ? `${id}-more` : undefined}
        />
        <Label htmlFor={id} className="font-normal">
          {label}
        </Label>
      </div>
      {hint || message ? (
        <p id={`${id}-more`} className={cn("pl-6 text-sm", message ? "text-negative" : "text-fg-subtle")}>
          {message ?? hint}
        </p>
      ) : null}
    </div>
  );
}
