"use client";
/* oxlint-disable jsx-a11y/prefer-tag-over-role, jsx-a11y/no-noninteractive-element-to-interactive-role, jsx-a11y/click-events-have-key-events -- this is the ARIA combobox pattern: the input owns the keyboard, the list is its popup */
import { Check, ChevronsUpDown } from "lucide-react";
import { type Ref, useId, useRef, useState } from "react";
import type { FieldValues } from "react-hook-form";
import { useController } from "react-hook-form";
import { cn } from "@/components/ui/cn";
import { Input } from "@/components/ui/input";
import { type FieldBase, type FieldIds, FieldFrame } from "./field";
import type { Bound, Option } from "./fields";

export type ComboboxProps = {
  options: readonly (Option & { detail?: string })[];
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  /** The input. */
  ref?: Ref<HTMLInputElement>;
  /** Called with what is typed, for options that come from the server. */
  onSearch?: (text: string) => void;
  placeholder?: string;
  emptyText?: string;
  ids?: Partial<FieldIds>;
  disabled?: boolean;
};

/** Choose one of many by typing: the ARIA combobox pattern with a listbox; arrows move, Enter chooses, Escape closes. */
export function Combobox({
  options,
  value,
  onChange,
  onBlur,
  ref,
  onSearch,
  placeholder,
  emptyText,
  ids,
  disabled,
}: ComboboxProps) {
  const listId = useId();
  const list = useRef<HTMLUListElement>(null);
  const [text, setText] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const open = text !== null;
  const wanted = (text ?? "").trim().toLowerCase();
  const shown = onSearch
    ? options
    : options.filter((option) => `${option.label} ${option.detail ?? ""}`.toLowerCase().includes(wanted));
  const current = options.find((option) => option.value === value)?.label ?? value;
  const index = Math.min(at, shown.length - 1);
  const type = (next: string) => {
    setText(next);
    setAt(0);
    list.current?.scrollTo({ top: 0 });
    onSearch?.(next);
  };
  const move = (by: 1 | -1) => {
    const next = (index + by + shown.length) % Math.max(1, shown.length);
    setAt(next);
    document.getElementById(`${listId}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const choose = (option: Option | undefined) => {
    if (option && !option.disabled) {
      onChange(option.value);
      setText(null);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) type("");
      else move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      choose(shown[index]);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      setText(null);
    }
  };
  return (
    <div className="relative">
      <Input
        {...ids}
        ref={ref}
        role="combobox"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && shown[index] ? `${listId}-${index}` : undefined}
        autoComplete="off"
        disabled={disabled}
        placeholder={placeholder}
        value={text ?? current}
        onChange={(event) => type(event.target.value)}
        onFocus={(event) => event.target.select()}
        onClick={() => !open && type("")}
        onBlur={() => {
          setText(null);
          onBlur?.();
        }}
        onKeyDown={onKeyDown}
        className="pr-8"
      />
      <ChevronsUpDown
        aria-hidden
        className="pointer-events-none absolute top-2 right-2 size-4 text-fg-subtle"
      />
      <ul
        ref={list}
        id={listId}
        role="listbox"
        aria-label="Options"
        hidden={!open}
        className="absolute top-full z-40 mt-1 max-h-64 w-full overflow-y-auto rounded-lg border bg-surface-raised p-1 shadow-popover"
      >
        {shown.map((option, position) => (
          <li
            key={option.value}
            id={`${listId}-${position}`}
            role="option"
            tabIndex={-1}
            aria-selected={option.value === value}
            aria-disabled={option.disabled}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(option)}
            className={cn(
              "flex min-h-8 items-center gap-2 rounded-md px-2 py-1",
              position === index && "bg-surface-hover",
              option.disabled && "text-fg-subtle",
            )}
          >
            <span className="min-w-0 flex-1 truncate">{option.label}</span>
            {option.detail ? <span className="text-xs text-fg-subtle">{option.detail}</span> : null}
            {option.value === value ? <Check aria-hidden className="size-4 text-accent-text" /> : null}
          </li>
        ))}
        {shown.length === 0 ? (
          <li role="option" aria-selected={false} aria-disabled className="px-2 py-1.5 text-fg-subtle">
            {emptyText ?? "Nothing matches"}
          </li>
        ) : null}
      </ul>
    </div>
  );
}

/** A combobox bound to a form. */
export function ComboboxField<V extends FieldValues, O>({
  control,
  name,
  label,
  hint,
  optional,
  className,
  ...rest
}: Bound<V, O> & FieldBase & Omit<ComboboxProps, "value" | "onChange" | "onBlur" | "ref" | "ids">) {
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
        <Combobox
          {...rest}
          ids={ids}
          value={typeof field.value === "string" ? field.value : ""}
          onChange={field.onChange}
          onBlur={field.onBlur}
          ref={field.ref}
        />
      )}
    </FieldFrame>
  );
}
