"use client";
import { ToggleGroup, ToggleGroupItem } from "@/components/ui/toggle-group";

/** One of a few values, as segments. One of them is always chosen: pressing it again takes nothing away. */
export function Segments<T extends string>(props: {
  /** What is chosen, for those who hear it. */
  label: string;
  value: T;
  values: readonly T[];
  onChange: (next: T) => void;
  /** What a segment shows, where that is not the value itself. */
  wordOf?: (value: T) => string;
  /** What a segment is called, where what it shows is too short to say it. */
  nameOf?: (value: T) => string;
  className?: string;
}) {
  const { label, value, values, onChange, wordOf, nameOf, className } = props;
  return (
    <ToggleGroup
      type="single"
      aria-label={label}
      value={value}
      className={className}
      onValueChange={(next) => {
        const known = values.find((each) => each === next);
        if (known !== undefined) onChange(known);
      }}
    >
      {values.map((each) => (
        <ToggleGroupItem
          key={each}
          value={each}
          aria-label={nameOf ? `${wordOf?.(each) ?? each}, ${nameOf(each)}` : undefined}
        >
          {wordOf?.(each) ?? each}
        </ToggleGroupItem>
      ))}
    </ToggleGroup>
  );
}
