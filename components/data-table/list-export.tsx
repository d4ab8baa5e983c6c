"use client";
import { useState } from "react";
import { toast } from "@/components/ui/toast";
import { readError } from "@/components/kit/error-shape";
import { type ExportFormat, ExportMenu } from "@/components/common/export-menu";
import { formatCount, formatNumber } from "@/components/common/format";
import type { ListPage } from "./export-list";

export type ListExportProps<Row> = {
  /** The file's name without its ending. */
  name: string;
  /** What is exported: "214 filtered runs". */
  scope: string;
  /** One page of the list with its present search, filters and order. */
  load: (cursor: string | null) => Promise<ListPage<Row>>;
  /** A row as it stands in the file; all its fields when left out. */
  flatten?: (row: Row) => Record<string, unknown>;
};

const asIs = <Row,>(row: Row): Record<string, unknown> => Object.fromEntries(Object.entries(row ?? {}));

/** The export menu of a list without an export of its own on the server: all pages of what is filtered. */
export function ListExport<Row>({ name, scope, load, flatten = asIs }: ListExportProps<Row>) {
  const [busy, setBusy] = useState(false);
  const run = async (format: ExportFormat) => {
    setBusy(true);
    try {
      const { exportList, MOST_ROWS } = await import("./export-list");
      const { rows, isCut } = await exportList({ name, format, load, flatten });
      if (isCut)
        toast.error(`The first ${formatNumber(MOST_ROWS, 0)} rows were exported`, {
          description: "Narrow the list, or fetch the rest by the API.",
        });
      else toast.success(`${formatCount(rows, "row")} exported`);
    } catch (error) {
      const { message, hint } = readError(error);
      toast.error(message, { description: hint });
    } finally {
      setBusy(false);
    }
  };
  return <ExportMenu scope={busy ? "Exporting…" : scope} onExport={(format) => void run(format)} />;
}
