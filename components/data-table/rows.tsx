"use client";
import Link from "next/link";
import { Fragment } from "react";
import { Checkbox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/cn";
import { TableBody, TableCell, TableHead, TableHeader, TableRow } from "@/components/ui/table";
import { TableHeadCell } from "./table-head-cell";
import type { Column } from "./types";
import type { TableState } from "./use-table-state";

const FROM = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden", xl: "max-xl:hidden" };

/** On a phone the naming column takes what the others leave and cuts its text, instead of pushing the state off the screen. */
const NAMING = "max-sm:w-full max-sm:max-w-0 max-sm:min-w-32 max-sm:[overflow-wrap:anywhere]";

function cellClasses<Row>(column: Column<Row>): string {
  return cn(column.align === "end" && "text-right", column.from && FROM[column.from], column.className);
}

type BodyProps<Row> = {
  rows: readonly Row[] | undefined;
  getRowId: (row: Row) => string;
  rowLabel: (row: Row) => string;
  rowHref?: (row: Row) => string;
  onRowOpen?: (row: Row) => void;
  columns: readonly Column<Row>[];
  selected?: { has: (id: string) => boolean };
  allMatching: boolean;
  onSelect: (ids: readonly string[], on: boolean) => void;
  groupOf?: (row: Row) => string | null;
};

/** The body of the table. */
export function Rows<Row>({
  rows = [],
  columns,
  getRowId,
  rowLabel,
  rowHref,
  onRowOpen,
  selected,
  allMatching,
  onSelect,
  groupOf,
}: BodyProps<Row>) {
  const linkColumn = columns.find((column) => column.fixed) ?? columns[0];
  return (
    <TableBody>
      {rows.map((row, index) => {
        const id = getRowId(row);
        const before = rows[index - 1];
        const group = groupOf?.(row) ?? null;
        const begins = group !== null && (before === undefined || groupOf?.(before) !== group);
        const checked = allMatching || (selected?.has(id) ?? false);
        return (
          <Fragment key={id}>
            {begins ? (
              <TableRow className="bg-surface-sunken">
                <TableHead scope="rowgroup" colSpan={columns.length + (selected ? 1 : 0)}>
                  {group}
                </TableHead>
              </TableRow>
            ) : null}
            <TableRow
              data-row-id={id}
              data-selected={checked || undefined}
              className="focus-within:bg-surface-hover/60"
            >
              {selected ? (
                <TableCell className="w-9 pr-0">
                  <Checkbox
                    aria-label={`Select ${rowLabel(row)}`}
                    checked={checked}
                    onCheckedChange={(on) => onSelect([id], on === true)}
                  />
                </TableCell>
              ) : null}
              {columns.map((column) => (
                <TableCell
                  key={column.id}
                  className={cn(column === linkColumn && NAMING, cellClasses(column))}
                >
                  {column === linkColumn && rowHref ? (
                    <Link
                      href={rowHref(row)}
                      onClick={() => onRowOpen?.(row)}
                      // A middle click opens it as well, in another tab.
                      onAuxClick={(event) => (event.button === 1 ? onRowOpen?.(row) : undefined)}
                      data-row-stop
                      className="inline-flex min-h-6 max-w-full items-center rounded-sm font-medium hover:text-accent-text hover:underline"
                    >
                      {column.cell(row)}
                    </Link>
                  ) : (
                    column.cell(row)
                  )}
                </TableCell>
              ))}
            </TableRow>
          </Fragment>
        );
      })}
    </TableBody>
  );
}

type HeadProps<Row> = {
  columns: readonly Column<Row>[];
  state: TableState;
  pageState: boolean | "indeterminate";
  onSelectPage: ((on: boolean) => void) | undefined;
};

/** The head of the table. */
export function Head<Row>({ columns, state, pageState, onSelectPage }: HeadProps<Row>) {
  return (
    <TableHeader>
      <tr>
        {onSelectPage ? (
          <TableHead className="w-9 pr-0">
            <Checkbox
              aria-label="Select all rows of this page"
              checked={pageState}
              onCheckedChange={(on) => onSelectPage(on === true)}
            />
          </TableHead>
        ) : null}
        {columns.map((column) => (
          <TableHeadCell
            key={column.id}
            id={column.id}
            header={column.header}
            sortable={column.sortable}
            largestFirst={column.largestFirst}
            align={column.align}
            sort={state.sort}
            onSort={state.setSort}
            className={cellClasses(column)}
          />
        ))}
      </tr>
    </TableHeader>
  );
}
