"use client";
import type { ReactNode } from "react";
import { formatNumber } from "@/components/common/format";
import { Button } from "@/components/ui/button";

export type BulkBarProps = {
  count: number;
  total?: number;
  allMatching: boolean;
  /** Left out where only rows chosen by hand can be acted on. */
  onAllMatching?: () => void;
  onClear: () => void;
  children: ReactNode;
};

/** What is selected and what can be done with it. */
export function BulkBar({ count, total, allMatching, onAllMatching, onClear, children }: BulkBarProps) {
  return (
    <div
      role="toolbar"
      aria-label="Selection"
      className="sticky bottom-3 z-20 flex flex-wrap items-center gap-2 rounded-lg border bg-surface-raised px-3 py-2 shadow-popover"
    >
      <output data-numeric className="mr-1 font-medium">
        {allMatching
          ? `All ${total === undefined ? "" : formatNumber(total, 0)} matching selected`
          : `${formatNumber(count, 0)} selected`}
      </output>
      {onAllMatching && !allMatching && total !== undefined && total > count ? (
        <Button variant="link" onClick={onAllMatching}>
          Select all {formatNumber(total, 0)} matching
        </Button>
      ) : null}
      {children}
      <Button variant="ghost" className="ml-auto" onClick={onClear}>
        Clear selection
      </Button>
    </div>
  );
}
