"use client";
import { CircleAlert } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cn } from "@/components/ui/cn";
import { Label } from "@/components/ui/label";

export type FieldBase = {
  label: string;
  hint?: ReactNode;
  optional?: boolean;
  className?: string;
};

export type FieldIds = {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  "aria-required": true | undefined;
};

/** Label, control, hint and error, tied together for assistive technology. The control gets its ids by the render function. */
export function FieldFrame(props: FieldBase & { error?: string; children: (ids: FieldIds) => ReactNode }) {
  const id = useId();
  const describedBy = [props.hint ? `${id}-hint` : "", props.error ? `${id}-error` : ""]
    .filter(Boolean)
    .join(" ");
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", props.className)}>
      <Label htmlFor={id}>
        {props.label}
        {props.optional ? <span className="ml-1 font-normal text-fg-subtle">(optional)</span> : null}
      </Label>
      {props.children({
        id,
        "aria-describedby": describedBy || undefined,
        "aria-invalid": props.error ? true : undefined,
        "aria-required": props.optional ? undefined : true,
      })}
      {props.hint ? (
        <p id={`${id}-hint`} className="text-sm text-fg-subtle">
          {props.hint}
        </p>
      ) : null}
      {props.error ? (
        <p id={`${id}-error`} className="flex items-start gap-1 text-sm text-negative">
          <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
          {props.error}
        </p>
      ) : null}
    </div>
  );
}
