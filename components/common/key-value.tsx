import type { ReactNode } from "react";
import { cn } from "@/components/ui/cn";

export type KeyValueItem = { label: string; value: ReactNode; hint?: string };

/** Facts as a definition list; one column by default, `columns` sets more on wide screens. */
export function KeyValue({
  items,
  columns = 1,
  className,
}: {
  items: readonly KeyValueItem[];
  columns?: 1 | 2 | 3;
  className?: string;
}) {
  const grid = { 1: "", 2: "sm:grid-cols-2", 3: "sm:grid-cols-2 lg:grid-cols-3" }[columns];
  return (
    <dl className={cn("grid gap-x-6", grid, className)}>
      {items.map((item) => (
        <div
          key={item.label}
          className="grid grid-cols-[minmax(6rem,38%)_1fr] items-baseline gap-3 border-b py-1.5 last:border-0"
        >
          <dt className="min-w-0 text-sm [overflow-wrap:anywhere] text-fg-subtle" title={item.hint}>
            {item.label}
          </dt>
          <dd className="min-w-0 break-words" data-numeric>
            {item.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
