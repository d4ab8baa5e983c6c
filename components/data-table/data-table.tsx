"use client";
import { SearchX } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { ErrorNotice } from "@/components/common/error-notice";
import { RowsSkeleton } from "@/components/common/skeletons";
import { StateFrame } from "@/components/common/state-frame";
import { useShortcuts } from "@/components/common/shortcuts";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Table, TableCaption } from "@/components/ui/table";
import type { ViewList } from "@/server/catalog/views/schemas";
import { BulkBar } from "./bulk-bar";
import { FilterBar } from "./filter-bar";
import { Pager } from "./pager";
import { Head, Rows } from "./rows";
import { SavedViews } from "./saved-views";
import type { Column, Facet, Selection } from "./types";
import { useSelection } from "./use-selection";
import type { TableState } from "./use-table-state";

export type DataTableProps<Row> = {
  /** What the table lists, for its caption: "Datasets of Risk models". */
  caption: string;
  columns: readonly Column<Row>[];
  /** `undefined` while the first page loads. */
  rows: readonly Row[] | undefined;
  getRowId: (row: Row) => string;
  /** The row in words, for its checkbox and link. */
  rowLabel: (row: Row) => string;
  /** Makes the fixed (else first) column a link. */
  rowHref?: (row: Row) => string;
  /** When that link is followed, in this tab or another. */
  onRowOpen?: (row: Row) => void;
  /** Rows that follow one another with the same word stand under it as a heading. */
  groupOf?: (row: Row) => string | null;
  state: TableState;
  nextCursor?: string | null;
  total?: number;
  /** A new page is on its way while the old one is shown. */
  refreshing?: boolean;
  error?: unknown;
  onRetry?: () => void;
  facets?: readonly Facet[];
  /** `null` leaves search out. */
  searchLabel?: string | null;
  /** Whose saved views are offered in the filter bar. */
  views?: ViewList;
  /** Export menu, extra buttons in the filter bar. */
  toolbar?: ReactNode;
  /** Shown when there is nothing at all (no filter set). */
  empty: ReactNode;
  /** For a list whose bare address already narrows it: when it is empty, the bar stays, which leads to the rest. */
  keepBar?: boolean;
  /** Gives rows checkboxes; draws the buttons of the bulk bar. */
  bulkActions?: (selection: Selection) => ReactNode;
  /** Offers all that match, on other pages too: only where the acts take the list's filter in place of ids. */
  selectsAllMatching?: boolean;
  onLoadMore?: () => void;
  loadingMore?: boolean;
};

/** Keyboard: j/k move the focus over the rows' links, Enter opens (it is a link), x selects, / searches. */
function useRowKeys(
  box: React.RefObject<HTMLDivElement | null>,
  toggle: ((id: string) => void) | undefined,
): void {
  const move = (by: number) => {
    const stops = [...(box.current?.querySelectorAll<HTMLElement>("[data-row-stop]") ?? [])];
    const at = stops.findIndex((stop) => stop.closest("tr") === document.activeElement?.closest("tr"));
    const next =
      stops[at === -1 ? (by > 0 ? 0 : stops.length - 1) : Math.min(stops.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  const select = { keys: "x", label: "Select row", group: "Lists", run: () => selectFocused() };
  const selectFocused = () => {
    const row = document.activeElement?.closest<HTMLElement>("tr[data-row-id]");
    if (row?.dataset.rowId && box.current?.contains(row)) toggle?.(row.dataset.rowId);
  };
  useShortcuts([
    { keys: "j", label: "Next row", group: "Lists", run: () => move(1) },
    { keys: "k", label: "Previous row", group: "Lists", run: () => move(-1) },
    ...(toggle ? [select] : []),
  ]);
}

/** A server-paged list: search, facets, columns, sort and paging in the URL; selection over pages; keyboard. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { state, rows, columns, getRowId, bulkActions } = props;
  const box = useRef<HTMLDivElement>(null);
  const selection = useSelection(props);
  useRowKeys(box, bulkActions ? (id) => selection.set([id], !selection.ids.has(id)) : undefined);
  const isVisible = (column: Column<Row>) =>
    column.fixed || state.toggled.includes(column.id) === (column.defaultHidden ?? false);
  const visible = columns.filter(isVisible);
  const pageIds = (rows ?? []).map(getRowId);
  const chosen = pageIds.filter((id) => selection.ids.has(id)).length;
  const pageState =
    selection.allMatching || (chosen > 0 && chosen === pageIds.length)
      ? true
      : chosen > 0
        ? "indeterminate"
        : false;
  const none = rows?.length === 0;
  const isEmpty = none && !state.filtered && !state.cursor && !props.error;
  if (isEmpty && !props.keepBar) return <>{props.empty}</>;
  return (
    <div ref={box} className="flex min-w-0 flex-col gap-3">
      <FilterBar
        state={state}
        facets={props.facets ?? []}
        searchLabel={props.searchLabel === undefined ? "Search" : props.searchLabel}
        columns={columns.map((column) => ({
          id: column.id,
          header: column.header,
          visible: isVisible(column),
          fixed: column.fixed ?? false,
        }))}
        onToggleColumn={(id) =>
          state.setToggled(
            state.toggled.includes(id)
              ? state.toggled.filter((other) => other !== id)
              : [...state.toggled, id],
          )
        }
        slot={
          <>
            {props.views ? <SavedViews list={props.views} /> : null}
            {props.toolbar}
          </>
        }
      />
      {props.error ? <ErrorNotice error={props.error} onRetry={props.onRetry} /> : null}
      {isEmpty ? (
        props.empty
      ) : (
        <div
          aria-busy={props.refreshing || rows === undefined}
          className={cn(
            "overflow-hidden rounded-lg border bg-surface",
            props.refreshing && "[&_tbody]:opacity-60",
          )}
        >
          {rows === undefined ? (
            props.error ? null : (
              <RowsSkeleton />
            )
          ) : none ? (
            <StateFrame
              icon={SearchX}
              heading="p"
              className="px-6 py-8"
              title="Nothing matches"
              text="No row fits this search and these filters."
              actions={<Button onClick={state.reset}>Clear filters</Button>}
            />
          ) : (
            <Table label={props.caption}>
              <TableCaption>{props.caption}</TableCaption>
              <Head
                columns={visible}
                state={state}
                pageState={pageState}
                onSelectPage={bulkActions && ((on) => selection.set(pageIds, on))}
              />
              <Rows
                {...props}
                columns={visible}
                selected={bulkActions ? selection.ids : undefined}
                allMatching={selection.allMatching}
                onSelect={selection.set}
              />
            </Table>
          )}
        </div>
      )}
      {rows && !none ? (
        <Pager
          cursor={state.cursor}
          nextCursor={props.nextCursor ?? null}
          shown={rows.length}
          total={props.total}
          refreshing={props.refreshing}
          onCursor={state.setCursor}
          onLoadMore={props.onLoadMore}
          loadingMore={props.loadingMore}
        />
      ) : null}
      {bulkActions && selection.count > 0 ? (
        <BulkBar
          count={selection.count}
          total={props.total}
          allMatching={selection.allMatching}
          onAllMatching={
            props.selectsAllMatching && !props.refreshing ? selection.chooseAllMatching : undefined
          }
          onClear={selection.clear}
        >
          {bulkActions(selection.chosen)}
        </BulkBar>
      ) : null}
    </div>
  );
}
