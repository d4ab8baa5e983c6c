"use client";
import { type Control, type FieldPath, useController } from "react-hook-form";
import { Checkbox } from "@/components/ui/checkbox";
import { Label } from "@/components/ui/label";
import type { RoutingValues } from "./routing-form";

/** Several of some: the form's value is the list of those that are ticked. */
export function CheckSet({
  control,
  name,
  label,
  hint,
  options,
}: {
  control: Control<RoutingValues>;
  name: FieldPath<RoutingValues>;
  label: string;
  hint?: string;
  options: readonly { value: string; label: string }[];
}) {
  const { field, fieldState } = useController({ control, name });
  const ticked: readonly unknown[] = Array.isArray(field.value) ? field.value : [];
  const message = fieldState.error?.message;
  const id = `set-${name.replaceAll(".", "-")}`;
  return (
    <fieldset className="flex flex-col gap-1" aria-describedby={hint || message ? `${id}-more` : undefined}>
      <legend className="mb-1 text-sm font-medium">{label}</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-1">
        {options.map((option, index) => (
          <span key={option.value} className="flex min-h-6 items-center gap-2">
            <Checkbox
              id={`${id}-${option.value}`}
              ref={index === 0 ? field.ref : undefined}
              checked={ticked.includes(option.value)}
              aria-invalid={message ? true : undefined}
              onBlur={field.onBlur}
              onCheckedChange={(on) =>
                field.onChange(
                  on === true ? [...ticked, option.value] : ticked.filter((each) => each !== option.value),
                )
              }
            />
            <Label htmlFor={`${id}-${option.value}`} className="font-normal">
              {option.label}
            </Label>
          </span>
        ))}
      </div>
      {hint || message ? (
        <p id={`${id}-more`} className={message ? "text-sm text-negative" : "text-sm text-fg-subtle"}>
          {message ?? hint}
        </p>
      ) : null}
    </fieldset>
  );
}
