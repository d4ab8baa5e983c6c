"use client";
import { useQuery } from "@tanstack/react-query";
import { ErrorNotice } from "@/components/common/error-notice";
import { formatNumber } from "@/components/common/format";
import { RowsSkeleton } from "@/components/common/skeletons";
import { useTRPC } from "@/components/kit/trpc";
import {
  Table,
  TableBody,
  TableCaption,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
} from "@/components/ui/table";

const NUMBERS = new Set(["integer", "float"]);

/** The first rows of a version. */
export function PreviewPanel({ versionId }: { versionId: string }) {
  const trpc = useTRPC();
  const preview = useQuery(trpc.datasets.preview.queryOptions({ id: versionId }, { staleTime: Infinity }));
  if (preview.error && !preview.data)
    return <ErrorNotice error={preview.error} onRetry={() => void preview.refetch()} />;
  if (!preview.data) return <RowsSkeleton />;
  const { columns, rows, rowCount, partial } = preview.data;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-sm text-fg-muted">
        {partial
          ? `The first ${rows.length} of ${formatNumber(rowCount)} rows.`
          : `All ${formatNumber(rowCount)} rows.`}
      </p>
      <div className="overflow-hidden rounded-lg border bg-surface [&>section]:max-h-[65vh] [&>section]:overflow-y-auto">
        <Table label="Preview of the rows">
          <TableCaption>The first rows</TableCaption>
          <TableHeader className="sticky top-0 bg-surface">
            <TableRow>
              <TableHead className="w-px text-end">#</TableHead>
              {columns.map((column) => (
                <TableHead key={column.name} className={NUMBERS.has(column.type) ? "text-end" : undefined}>
                  <span className="font-mono text-fg">{column.name}</span>{" "}
                  <span className="font-normal">{column.type}</span>
                </TableHead>
              ))}
            </TableRow>
          </TableHeader>
          <TableBody>
            {rows.map((row, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- rows of a table have no identity but their place
              <TableRow key={at}>
                <TableCell data-numeric className="h-8 text-end text-sm text-fg-subtle">
                  {at + 1}
                </TableCell>
                {columns.map((column, index) => {
                  const value = row[index];
                  return (
                    <TableCell
                      key={column.name}
                      data-numeric
                      className={`h-8 max-w-80 truncate font-mono text-sm ${NUMBERS.has(column.type) ? "text-end" : ""}`}
                    >
                      {value === null || value === undefined ? (
                        <span className="text-fg-subtle">missing</span>
                      ) : value === "" ? (
                        <span className="text-fg-subtle">empty</span>
                      ) : (
                        String(value)
                      )}
                    </TableCell>
                  );
                })}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </div>
    </div>
  );
}
