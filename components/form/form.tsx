"use client";
import { type FormEventHandler, type ReactNode, useEffect, useRef } from "react";
import { type Control, type FieldErrors, type FieldValues, get, useFormState } from "react-hook-form";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { cn } from "@/components/ui/cn";

function listErrors(errors: FieldErrors, prefix = ""): { name: string; message: string }[] {
  return Object.entries(errors).flatMap(([key, entry]) => {
    if (!entry || typeof entry !== "object") return [];
    const name = prefix ? `${prefix}.${key}` : key;
    const message: unknown = get(entry, "message");
    if (typeof message === "string" && message !== "") return [{ name, message }];
    return key === "ref" ? [] : listErrors(entry as FieldErrors, name);
  });
}

/** Gives the focus to the first wrong field of the form around the summary; to the summary when no field can take it. */
function focusFirstWrong(box: HTMLElement): void {
  const fields = box.closest("form")?.querySelectorAll<HTMLElement>('[aria-invalid="true"]') ?? [];
  for (const field of fields) {
    field.focus();
    if (document.activeElement === field) return;
  }
  box.focus();
}

/** What keeps the form from being sent. After an attempt that failed the first wrong field takes the focus; with no such field, this does. */
export function FormErrorSummary<V extends FieldValues, O>({
  control,
  labels,
}: {
  control: Control<V, unknown, O>;
  /** What the form calls its fields, by their names. */
  labels: Readonly<Record<string, string>> | ((name: string) => string | undefined);
}) {
  const labelOf = typeof labels === "function" ? labels : (name: string) => labels[name];
  const { errors, submitCount, isSubmitting } = useFormState({ control });
  const box = useRef<HTMLDivElement>(null);
  const attempt = useRef(0);
  const items = listErrors(errors);
  const failed = items.length > 0 && submitCount > 0 && !isSubmitting;
  // Effect: moves the browser's focus after a submit that failed. Whatever sent it may be far from what is wrong.
  useEffect(() => {
    if (failed && attempt.current !== submitCount && box.current) focusFirstWrong(box.current);
    attempt.current = submitCount;
  }, [failed, submitCount]);
  if (!failed) return null;
  return (
    <div ref={box} tabIndex={-1} className="rounded-lg">
      <Callout
        tone="negative"
        role="alert"
        title={
          items.length === 1 ? "One thing needs your attention" : `${items.length} things need your attention`
        }
      >
        <ul className="list-disc pl-4 [overflow-wrap:anywhere]">
          {items.map((item) => (
            <li key={item.name}>
              {item.name.startsWith("root") ? "" : `${labelOf(item.name) ?? item.name}: `}
              {item.message}
            </li>
          ))}
        </ul>
      </Callout>
    </div>
  );
}

export type FormProps = {
  onSubmit: FormEventHandler<HTMLFormElement>;
  children: ReactNode;
  label: string;
  className?: string;
};

/** The form element; validation is ours (`noValidate`), so messages are in one voice. */
export function Form({ onSubmit, children, label, className }: FormProps) {
  return (
    <form
      noValidate
      // Sent before React is there, values must not land in the address.
      method="post"
      aria-label={label}
      onSubmit={onSubmit}
      className={cn("flex max-w-2xl flex-col gap-4", className)}
    >
      {children}
    </form>
  );
}

export type SubmitBarProps = {
  submitLabel: string;
  pending: boolean;
  /** Why it cannot be sent now. */
  blocked?: string | null;
  onCancel?: () => void;
  children?: ReactNode;
};

/** The form's closing row. */
export function SubmitBar({ submitLabel, pending, blocked, onCancel, children }: SubmitBarProps) {
  return (
    <div className="flex flex-wrap items-center gap-2 border-t pt-3">
      <Button type="submit" variant="primary" pending={pending} disabled={Boolean(blocked)}>
        {submitLabel}
      </Button>
      {onCancel ? (
        <Button variant="ghost" onClick={onCancel} disabled={pending}>
          Cancel
        </Button>
      ) : null}
      {children}
      {blocked ? <p className="text-sm text-fg-muted">{blocked}</p> : null}
    </div>
  );
}
