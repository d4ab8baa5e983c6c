"use client";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { TableHead } from "@/components/ui/table";
import { cn } from "@/components/ui/cn";
import type { Sort } from "./types";

export type TableHeadCellProps = {
  id: string;
  header: string;
  sortable?: boolean;
  largestFirst?: boolean;
  align?: "start" | "end";
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  className?: string;
};

/** A column heading that sorts: one way, the other, none. The first way is ascending unless the largest comes first. The order is in `aria-sort`. */
export function TableHeadCell(props: TableHeadCellProps) {
  const { id, header, sortable, largestFirst = false, align, sort, onSort, className } = props;
  const active = sort?.id === id ? sort : null;
  const classes = cn(align === "end" && "text-right", className);
  if (!sortable) return <TableHead className={classes}>{header}</TableHead>;
  const next = active === null ? { id, desc: largestFirst } : { id, desc: !largestFirst };
  const isLast = active !== null && active.desc !== largestFirst;
  const Icon = active ? (active.desc ? ArrowDown : ArrowUp) : ChevronsUpDown;
  return (
    <TableHead aria-sort={active ? (active.desc ? "descending" : "ascending") : "none"} className={classes}>
      <button
        type="button"
        onClick={() => onSort(isLast ? null : next)}
        className={cn(
          "-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:text-fg",
          active && "text-fg",
        )}
      >
        {header}
        <Icon aria-hidden className={cn("size-3.5", !active && "text-border-strong")} />
      </button>
    </TableHead>
  );
}
