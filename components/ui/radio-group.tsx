"use client";
import { type ComponentProps, createContext, useContext, useId } from "react";
import { cn } from "./cn";

interface Group {
  name: string;
  value: string;
  onValueChange: (value: string) => void;
}

const GroupContext = createContext<Group | null>(null);

export type RadioGroupProps = Omit<ComponentProps<"div">, "onChange"> & {
  value: string;
  onValueChange: (value: string) => void;
};

/** A set of options of which one holds; the platform's own radio buttons, so arrow keys need no script of ours. */
export function RadioGroup({ className, value, onValueChange, ...rest }: RadioGroupProps) {
  const name = useId();
  return (
    <GroupContext value={{ name, value, onValueChange }}>
      <div role="radiogroup" className={cn("grid gap-2", className)} {...rest} />
    </GroupContext>
  );
}

/** One option; label it with `<Label htmlFor>`. The hit area is 24 px although the circle is 16. */
export function RadioGroupItem({
  className,
  value,
  ...rest
}: Omit<ComponentProps<"input">, "type" | "value"> & { value: string }) {
  const group = useContext(GroupContext);
  if (!group) throw new Error("A RadioGroupItem stands in a RadioGroup.");
  return (
    <input
      type="radio"
      name={group.name}
      value={value}
      checked={group.value === value}
      onChange={() => group.onValueChange(value)}
      className={cn(
        "relative size-4 shrink-0 appearance-none rounded-full border border-border-strong bg-surface after:absolute after:-inset-1 checked:border-[5px] checked:border-accent disabled:bg-surface-sunken",
        className,
      )}
      {...rest}
    />
  );
}
