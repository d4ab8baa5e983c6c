import { text } from "node:stream/consumers";
import { TableRefused } from "../port";
import { InspectorRequest, type InspectorAnswer } from "../schemas";
import { compareTables } from "./compare";
import { loadTable, openEngine, rowsOf } from "./engine";
import { profileTable, toCell } from "./profile";
import { refuse } from "./refuse";
import { sniffFormat } from "./sniff";
import { CANONICALISATION, contentDigestOf, schemaDigestOf } from "./table-digest";

const PREVIEW_ROWS = 100;
const MEDIA_TYPES = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };

async function inspect(request: Extract<InspectorRequest, { op: "inspect" }>): Promise<InspectorAnswer> {
  const format = await sniffFormat(request.file);
  const { connection, close } = await openEngine(request.scratch, request.memoryBytes, [request.file]);
  try {
    const columns = await loadTable(connection, request.file, format, "t");
    const rowCount = Number((await rowsOf(connection, "SELECT count(*)::DOUBLE FROM t"))[0]?.[0] ?? 0);
    if (rowCount === 0)
      refuse("no_rows", "The table has columns and no rows.", "Upload a table with at least one row.");
    const contentDigest = await contentDigestOf(connection, "t", columns);
    const profile = await profileTable(connection, "t", columns);
    const observed = new Map(profile.map((each) => [each.name, each.nulls]));
    const preview = await rowsOf(connection, `SELECT * FROM t ORDER BY rowid LIMIT ${PREVIEW_ROWS}`);
    return {
      status: "inspected",
      inspection: {
        format,
        mediaType: MEDIA_TYPES[format],
        rowCount,
        // CSV declares nothing, so what was seen counts.
        columns:
          format === "csv"
            ? columns.map((column) => ({ ...column, nullable: (observed.get(column.name) ?? 0) > 0 }))
            : columns,
        contentDigest,
        schemaDigest: schemaDigestOf(columns),
        canonicalisation: CANONICALISATION,
        profile,
        preview: preview.map((row) => row.map(toCell)),
      },
    };
  } finally {
    close();
  }
}

async function diff(request: Extract<InspectorRequest, { op: "diff" }>): Promise<InspectorAnswer> {
  const { before, after } = request;
  const { connection, close } = await openEngine(request.scratch, request.memoryBytes, [
    before.file,
    after.file,
  ]);
  try {
    const old = await loadTable(connection, before.file, before.format, "before");
    const now = await loadTable(connection, after.file, after.format, "after");
    const result = await compareTables(
      connection,
      { table: "before", columns: old },
      { table: "after", columns: now },
    );
    return { status: "compared", diff: result };
  } finally {
    close();
  }
}

async function answer(): Promise<InspectorAnswer> {
  const request = InspectorRequest.parse(JSON.parse(await text(process.stdin)));
  try {
    return await (request.op === "inspect" ? inspect(request) : diff(request));
  } catch (error) {
    if (error instanceof TableRefused) return { status: "refused", failure: error.failure };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await answer()));
