"use client";
import { ChevronLeft, ChevronRight, ChevronsLeft } from "lucide-react";
import { useState } from "react";
import { formatNumber } from "@/components/common/format";
import { Button } from "@/components/ui/button";

export type PagerProps = {
  cursor: string | null;
  nextCursor: string | null;
  shown: number;
  total?: number;
  onCursor: (cursor: string | null) => void;
  /** When given, one "Load more" button replaces the page buttons. */
  onLoadMore?: () => void;
  loadingMore?: boolean;
};

/** Keyset paging: next, back along the pages of this visit, and first. */
export function Pager(props: PagerProps) {
  const [trail, setTrail] = useState<readonly (string | null)[]>([]);
  const next = () => {
    setTrail([...trail, props.cursor]);
    props.onCursor(props.nextCursor);
  };
  const back = () => {
    props.onCursor(trail.at(-1) ?? null);
    setTrail(trail.slice(0, -1));
  };
  const text =
    props.total === undefined
      ? `${formatNumber(props.shown, 0)} shown`
      : `${formatNumber(props.shown, 0)} of ${formatNumber(props.total, 0)} shown`;
  return (
    <div className="flex min-h-8 flex-wrap items-center justify-between gap-2 text-sm text-fg-muted">
      <span data-numeric>{text}</span>
      {props.onLoadMore ? (
        props.nextCursor ? (
          <Button size="sm" pending={props.loadingMore} onClick={props.onLoadMore}>
            Load more
          </Button>
        ) : null
      ) : props.cursor || props.nextCursor ? (
        <span className="flex gap-1">
          {props.cursor && trail.length !== 1 ? (
            <Button size="sm" onClick={() => (setTrail([]), props.onCursor(null))}>
              <ChevronsLeft aria-hidden /> First
            </Button>
          ) : null}
          <Button size="sm" disabled={trail.length === 0} onClick={back}>
            <ChevronLeft aria-hidden /> Previous
          </Button>
          <Button size="sm" disabled={!props.nextCursor} onClick={next}>
            Next <ChevronRight aria-hidden />
          </Button>
        </span>
      ) : null}
    </div>
  );
}
