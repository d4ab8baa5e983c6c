import { downloadText, type ExportFormat, toCsv } from "@/components/common/export-menu";

export interface ListPage<Row> {
  items: readonly Row[];
  nextCursor: string | null;
}

/** A browser holds this many rows with ease; who needs more uses the API. */
export const MOST_ROWS = 20_000;

/** Fetches every page of a list as it is filtered and saves it as one file. */
export async function exportList<Row>(options: {
  name: string;
  format: ExportFormat;
  load: (cursor: string | null) => Promise<ListPage<Row>>;
  flatten: (row: Row) => Record<string, unknown>;
}): Promise<{ rows: number; isCut: boolean }> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const page: ListPage<Row> = await options.load(cursor);
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < MOST_ROWS);
  const flat = rows.map((row) => options.flatten(row));
  const isCsv = options.format === "csv";
  downloadText(
    `${options.name}.${options.format}`,
    isCsv ? toCsv(flat) : JSON.stringify(flat, null, 2),
    isCsv ? "text/csv" : "application/json",
  );
  return { rows: rows.length, isCut: cursor !== null };
}
