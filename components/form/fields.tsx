"use client";
import type { ComponentProps } from "react";
import { type Control, type FieldPath, type FieldValues, useController } from "react-hook-form";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import { type FieldBase, FieldFrame } from "./field";

/** `control` comes from `useForm`; `name` is a path of the form's values. */
export type Bound<Values extends FieldValues, Out = Values> = {
  control: Control<Values, unknown, Out>;
  name: FieldPath<Values>;
};

function asText(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

type TextProps = Pick<
  ComponentProps<"input">,
  "type" | "placeholder" | "autoComplete" | "spellCheck" | "disabled" | "readOnly" | "maxLength" | "inputMode"
> & { mono?: boolean };

/** A line of text. */
export function TextField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  optional,
  className,
  mono,
  ...rest
}: Bound<V, O> & FieldBase & TextProps) {
  const { field, fieldState } = useController({ control, name });
  return (
    <FieldFrame
      label={label}
      hint={hint}
      optional={optional}
      className={className}
      error={fieldState.error?.message}
    >
      {(ids) => (
        <Input
          {...ids}
          {...rest}
          {...field}
          value={asText(field.value)}
          className={mono ? "font-mono" : undefined}
        />
      )}
    </FieldFrame>
  );
}

type AreaProps = Pick<
  ComponentProps<"textarea">,
  "rows" | "placeholder" | "maxLength" | "disabled" | "spellCheck"
> & { mono?: boolean };

/** Several lines of text. */
export function TextareaField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  optional,
  className,
  mono,
  ...rest
}: Bound<V, O> & FieldBase & AreaProps) {
  const { field, fieldState } = useController({ control, name });
  return (
    <FieldFrame
      label={label}
      hint={hint}
      optional={optional}
      className={className}
      error={fieldState.error?.message}
    >
      {(ids) => (
        <Textarea
          {...ids}
          {...rest}
          {...field}
          value={asText(field.value)}
          className={mono ? "font-mono text-sm" : undefined}
        />
      )}
    </FieldFrame>
  );
}

type NumberProps = {
  unit?: string;
  min?: number;
  max?: number;
  step?: number | "any";
  disabled?: boolean;
  placeholder?: string;
};

/** A number with its unit. The form's value is a number, or `null` when empty. */
export function NumberField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  optional,
  className,
  unit,
  ...rest
}: Bound<V, O> & FieldBase & NumberProps) {
  const { field, fieldState } = useController({ control, name });
  const shown = typeof field.value === "number" && Number.isNaN(field.value) ? "" : asText(field.value);
  return (
    <FieldFrame
      label={unit ? `${label} (${unit})` : label}
      hint={hint}
      optional={optional}
      className={className}
      error={fieldState.error?.message}
    >
      {(ids) => (
        <Input
          {...ids}
          {...rest}
          {...field}
          type="number"
          inputMode="decimal"
          step={rest.step ?? "any"}
          value={shown}
          onChange={(event) => field.onChange(event.target.value === "" ? null : event.target.valueAsNumber)}
          className="tabular-nums"
        />
      )}
    </FieldFrame>
  );
}

export type Option = { value: string; label: string; disabled?: boolean };

/** One of a few options. */
export function SelectField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  optional,
  className,
  options,
  placeholder,
  disabled,
}: Bound<V, O> & FieldBase & { options: readonly Option[]; placeholder?: string; disabled?: boolean }) {
  const { field, fieldState } = useController({ control, name });
  return (
    <FieldFrame
      label={label}
      hint={hint}
      optional={optional}
      className={className}
      error={fieldState.error?.message}
    >
      {(ids) => (
        <NativeSelect {...ids} {...field} disabled={disabled} value={asText(field.value)}>
          {placeholder ? <option value="">{placeholder}</option> : null}
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {option.label}
            </option>
          ))}
        </NativeSelect>
      )}
    </FieldFrame>
  );
}
