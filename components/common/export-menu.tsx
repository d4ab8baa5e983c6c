"use client";
import { Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { MenuButton } from "@/components/ui/menu-button";
import type { MenuEntry } from "@/components/ui/menu-entries";

export type ExportFormat = "csv" | "json";

/** Saves text as a file in the browser. */
export function downloadText(fileName: string, text: string, mediaType: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function csvCell(value: unknown): string {
  const raw =
    value === null || value === undefined
      ? ""
      : value instanceof Date
        ? value.toISOString()
        : typeof value === "object"
          ? JSON.stringify(value)
          : String(value);
  // A leading =, +, - or @ would be run as a formula by a spreadsheet; the word for a number is none.
  const safe =
    typeof value === "string" && raw !== "-Infinity" && /^[=+\-@\t\r]/u.test(raw) ? `'${raw}` : raw;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as RFC 4180 CSV, columns in the first row's key order; text that a spreadsheet would run is defused. */
export function toCsv(rows: readonly Record<string, unknown>[]): string {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [
    keys.map(csvCell).join(","),
    ...rows.map((row) => keys.map((key) => csvCell(row[key])).join(",")),
  ].join("\r\n");
}

export type ExportMenuProps = {
  /** Links to a server export of the filtered set, or a callback; one of the two. */
  hrefFor?: (format: ExportFormat) => string;
  onExport?: (format: ExportFormat) => unknown;
  /** What is exported: "214 filtered runs". */
  scope: string;
};

/** Export of exactly what is filtered, as CSV or JSON. */
export function ExportMenu({ hrefFor, onExport, scope }: ExportMenuProps) {
  const formats: readonly ExportFormat[] = ["csv", "json"];
  const entries: MenuEntry[] = [
    { type: "label", text: scope },
    ...formats.map((format): MenuEntry => {
      const label = format.toUpperCase();
      return hrefFor
        ? { type: "link", label, href: hrefFor(format), download: true }
        : { type: "item", label, onSelect: () => void onExport?.(format) };
    }),
  ];
  return (
    <MenuButton align="end" entries={entries}>
      <Button>
        <Download aria-hidden /> Export
      </Button>
    </MenuButton>
  );
}
