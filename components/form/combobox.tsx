"use client";
import { useCombobox } from "downshift";
import { Check, ChevronsUpDown } from "lucide-react";
import { type Ref, useState } from "react";
import type { FieldValues } from "react-hook-form";
import { useController } from "react-hook-form";
import { cn } from "@/components/ui/cn";
import { Input } from "@/components/ui/input";
import { type FieldBase, type FieldIds, FieldFrame } from "./field";
import type { Bound, Option } from "./fields";

type Choice = Option & { detail?: string };

export type ComboboxProps = {
  options: readonly Choice[];
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  /** The input. */
  ref?: Ref<HTMLInputElement>;
  placeholder?: string;
  emptyText?: string;
  ids?: Partial<FieldIds>;
  disabled?: boolean;
};

const fits = (option: Choice, text: string) =>
  `${option.label} ${option.detail ?? ""}`.toLowerCase().includes(text.trim().toLowerCase());

function Row({ option, isChosen, isAt }: { option: Choice; isChosen: boolean; isAt: boolean }) {
  return (
    <span
      className={cn(
        "flex min-h-8 items-center gap-2 rounded-md px-2 py-1",
        isAt && "bg-surface-hover",
        option.disabled && "text-fg-subtle",
      )}
    >
      <span className="min-w-0 flex-1 truncate">{option.label}</span>
      {option.detail ? <span className="text-xs text-fg-subtle">{option.detail}</span> : null}
      {isChosen ? <Check aria-hidden className="size-4 text-accent-text" /> : null}
    </span>
  );
}

/** Choose one of many by typing; arrows move, Enter chooses, Escape closes. What is typed and not chosen is forgotten. */
export function Combobox(props: ComboboxProps) {
  const { options, value, onChange, onBlur, ref, placeholder, emptyText, ids, disabled } = props;
  const current = options.find((option) => option.value === value);
  const text = current?.label ?? value;
  const [typed, setTyped] = useState("");
  const shown = options.filter((option) => fits(option, typed));
  const { isOpen, highlightedIndex, getInputProps, getMenuProps, getItemProps } = useCombobox<Choice>({
    items: shown,
    itemToString: (option) => option?.label ?? "",
    itemToKey: (option) => option?.value,
    isItemDisabled: (option) => option.disabled === true,
    selectedItem: current ?? null,
    inputId: ids?.id,
    onInputValueChange: ({ inputValue, type }) =>
      setTyped(type === useCombobox.stateChangeTypes.InputChange ? inputValue : ""),
    onSelectedItemChange: ({ selectedItem }) => selectedItem && onChange(selectedItem.value),
    stateReducer: (state, { type, changes }) => {
      const { InputBlur, InputKeyDownEscape } = useCombobox.stateChangeTypes;
      if (type === InputBlur || type === InputKeyDownEscape)
        return { ...changes, selectedItem: state.selectedItem, inputValue: text };
      return changes;
    },
  });
  return (
    <div className="relative">
      <Input
        {...ids}
        // oxlint-disable-next-line react-hooks-js/refs -- the ref is merged with the library's own, and read by neither
        {...getInputProps({
          ref,
          disabled,
          placeholder,
          onBlur,
          onFocus: (event) => event.target.select(),
          onKeyDown: (event) => {
            // Within a dialog, Escape closes the list first.
            if (event.key === "Escape" && isOpen) event.stopPropagation();
          },
        })}
        // The field's label names it.
        aria-labelledby={undefined}
        className="pr-8"
      />
      <ChevronsUpDown
        aria-hidden
        className="pointer-events-none absolute top-2 right-2 size-4 text-fg-subtle"
      />
      <div
        hidden={!isOpen}
        className="absolute top-full z-40 mt-1 w-full rounded-lg border bg-surface-raised p-1 shadow-popover"
      >
        <ul {...getMenuProps({ "aria-label": "Options" })} className="max-h-64 overflow-y-auto">
          {shown.map((option, index) => (
            <li key={option.value} {...getItemProps({ item: option, index })}>
              <Row option={option} isChosen={option.value === value} isAt={index === highlightedIndex} />
            </li>
          ))}
        </ul>
        {shown.length === 0 ? (
          <output className="block px-2 py-1.5 text-fg-subtle">{emptyText ?? "Nothing matches"}</output>
        ) : null}
      </div>
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
