"use client";
import { ChevronLeft, ChevronRight, ChevronsLeft } from "lucide-react";
import { useState } from "react";
import { formatNumber } from "@/components/common/format";
import { Button } from "@/components/ui/button";
import { pathTo } from "./page-path";

export type PagerProps = {
  cursor: string | null;
  nextCursor: string | null;
  shown: number;
  total?: number;
  /** What is shown is not yet the page of `cursor`: what follows it is not known either. */
  refreshing?: boolean;
  onCursor: (cursor: string | null) => void;
  /** When given, one "Load more" button replaces the page buttons. */
  onLoadMore?: () => void;
  loadingMore?: boolean;
};

/** Keyset paging: next, back along the pages of this visit, and first. */
export function Pager(props: PagerProps) {
  const { cursor, nextCursor, onCursor } = props;
  const [visited, setVisited] = useState<readonly (string | null)[]>([]);
  const path = pathTo(cursor, visited);
  const previous = path.at(-2);
  const next = () => {
    if (props.refreshing) return;
    setVisited([...path, nextCursor]);
    onCursor(nextCursor);
  };
  const text =
    props.total === undefined
      ? `${formatNumber(props.shown, 0)} shown`
      : `${formatNumber(props.shown, 0)} of ${formatNumber(props.total, 0)} shown`;
  return (
    <div className="flex min-h-8 flex-wrap items-center justify-between gap-2 text-sm text-fg-muted">
      <span data-numeric>{text}</span>
      {props.onLoadMore ? (
        nextCursor ? (
          <Button size="sm" pending={props.loadingMore} onClick={props.onLoadMore}>
            Load more
          </Button>
        ) : null
      ) : cursor || nextCursor ? (
        <span className="flex gap-1">
          {cursor && previous !== null ? (
            <Button size="sm" onClick={() => onCursor(null)}>
              <ChevronsLeft aria-hidden /> First
            </Button>
          ) : null}
          <Button size="sm" disabled={previous === undefined} onClick={() => onCursor(previous ?? null)}>
            <ChevronLeft aria-hidden /> Previous
          </Button>
          <Button
            size="sm"
            disabled={!nextCursor}
            aria-disabled={props.refreshing || undefined}
            onClick={next}
          >
            Next <ChevronRight aria-hidden />
          </Button>
        </span>
      ) : null}
    </div>
  );
}
