"use client";
import { ChartLine, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { ScrollArea } from "@/components/ui/scroll-area";

export type ChartTable = {
  columns: readonly string[];
  rows: readonly (readonly ReactNode[])[];
  /** Said when rows were left out. */ note?: string;
};

export type ChartFrameProps = {
  title: string;
  /** One sentence that says what the chart shows, with its numbers. */
  summary: string;
  /** Built only when the reader asks for the table. */
  table: () => ChartTable;
  controls?: ReactNode;
  legend?: ReactNode;
  height: number;
  children: ReactNode;
  className?: string;
};

function TableTwin({ title, table, height }: { title: string; table: ChartTable; height: number }) {
  return (
    <ScrollArea
      label={`${title}, data`}
      style={{ maxHeight: Math.max(height, 160) }}
      className="rounded-md border"
    >
      <table className="w-full text-left text-sm">
        <caption className="sr-only">{title}</caption>
        <thead className="sticky top-0 bg-surface-sunken text-fg-subtle">
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col" className="h-7 px-2 font-medium whitespace-nowrap">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {table.rows.map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows of a data table have no identity but their place
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={table.columns[column]} className="px-2 py-1 whitespace-nowrap">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.note ? <p className="px-2 py-1 text-xs text-fg-subtle">{table.note}</p> : null}
    </ScrollArea>
  );
}

/** Title, sentence, controls, the plot or its table twin. */
export function ChartFrame({
  title,
  summary,
  table,
  controls,
  legend,
  height,
  children,
  className,
}: ChartFrameProps) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const Icon = asTable ? ChartLine : Table2;
  return (
    <figure
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-summary`}
      className={cn("flex min-w-0 flex-col gap-2", className)}
    >
      <figcaption
        className={cn("flex items-start justify-between gap-x-3 gap-y-1", controls && "max-sm:flex-wrap")}
      >
        <div className="min-w-0">
          <p id={`${id}-title`} className="font-medium">
            {title}
          </p>
          <p id={`${id}-summary`} className="text-sm text-fg-muted">
            {summary}
          </p>
        </div>
        <div className="flex items-center gap-1">
          {controls}
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={asTable ? "Show as chart" : "Show as table"}
            title={asTable ? "Show as chart" : "Show as table"}
            onClick={() => setAsTable(!asTable)}
          >
            <Icon aria-hidden />
          </Button>
        </div>
      </figcaption>
      {legend}
      {asTable ? (
        <TableTwin title={title} table={table()} height={height} />
      ) : (
        <div style={{ height }}>{children}</div>
      )}
    </figure>
  );
}

/** The names of the lines, each with its colour and dash. */
export function ChartLegend({
  items,
}: {
  items: readonly { id: string; label: string; color: string; dash?: string; note?: string }[];
}) {
  return (
    <ul aria-label="Legend" className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-fg-muted">
      {items.map((item) => (
        <li key={item.id} className="flex items-center gap-1.5">
          <svg aria-hidden data-mark width="18" height="8">
            <line
              x1="0"
              x2="18"
              y1="4"
              y2="4"
              stroke={item.color}
              strokeWidth="2"
              strokeDasharray={item.dash}
            />
          </svg>
          <span className="text-fg">{item.label}</span>
          {item.note ? <span data-numeric>{item.note}</span> : null}
        </li>
      ))}
    </ul>
  );
}
