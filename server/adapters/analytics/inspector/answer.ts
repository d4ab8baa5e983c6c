import type { DuckDBConnection } from "@duckdb/node-api";
import { TableRefused } from "../port";
import type { InspectorAnswer, InspectorRequest } from "../schemas";
import { compareTables } from "./compare";
import { loadTable, openEngine, told, type EngineColumn } from "./engine";
import { fileOf, readable } from "./readable";
import { rowsOf } from "./rows";
import { profileTable, shownValue, toCell } from "./profile";
import type { TextTable } from "./text-file";
import { CANONICALISATION, contentDigestOf, schemaDigestOf } from "./table-digest";

const PREVIEW_ROWS = 100;
/** Wide tables show fewer rows. */
const PREVIEW_CELLS = 50_000;
const MEDIA_TYPES = { csv: "text/csv", parquet: "application/vnd.apache.parquet" };

/** The first rows, as a page shows them. */
async function previewOf(connection: DuckDBConnection, table: string, columns: readonly EngineColumn[]) {
  const limit = Math.max(1, Math.min(PREVIEW_ROWS, Math.floor(PREVIEW_CELLS / columns.length)));
  const shown = columns.map(shownValue).join(", ");
  const rows = await rowsOf(connection, `SELECT ${shown} FROM ${table} ORDER BY rowid LIMIT ${limit}`);
  return rows.map((row) => row.map(toCell));
}

const remarksOf = ({ headerLine, remarks }: TextTable): string[] =>
  headerLine === 1
    ? remarks
    : [`The table begins in line ${headerLine}; what is above it was left out, as was chosen.`, ...remarks];

async function inspect(request: Extract<InspectorRequest, { op: "inspect" }>): Promise<InspectorAnswer> {
  const source = await readable(request.file, { ...request, name: "t" });
  const { format } = source;
  const { connection, close } = await openEngine(request.scratch, request.memoryBytes, [fileOf(source)]);
  try {
    const columns = await loadTable(connection, source, "t");
    const { rowCount, contentDigest, profile, preview } = await told(format, async () => ({
      rowCount: Number((await rowsOf(connection, "SELECT count(*)::DOUBLE FROM t"))[0]?.[0] ?? 0),
      contentDigest: await contentDigestOf(connection, "t", columns),
      profile: await profileTable(connection, "t", columns),
      preview: await previewOf(connection, "t", columns),
    }));
    return {
      status: "inspected",
      inspection: {
        format,
        mediaType: MEDIA_TYPES[format],
        rowCount,
        columns: columns.map(({ name, type, engineType, nullable }, at) => ({
          name,
          type,
          engineType,
          // CSV declares nothing, so what was seen counts.
          nullable: format === "csv" ? (profile[at]?.nulls ?? 0) > 0 : nullable,
        })),
        ...(source.format === "csv" && {
          text: {
            delimiter: source.text.shape.delimiter,
            encoding: source.text.encoding,
            headerLine: source.text.headerLine,
          },
        }),
        remarks: source.format === "csv" ? remarksOf(source.text) : [],
        contentDigest,
        schemaDigest: schemaDigestOf(columns),
        canonicalisation: CANONICALISATION,
        profile,
        preview,
      },
    };
  } finally {
    close();
  }
}

async function diff(request: Extract<InspectorRequest, { op: "diff" }>): Promise<InspectorAnswer> {
  const { before, after, scratch } = request;
  const sources = {
    before: await readable(before.file, { ...before, scratch, name: "before" }),
    after: await readable(after.file, { ...after, scratch, name: "after" }),
  };
  const { connection, close } = await openEngine(
    request.scratch,
    request.memoryBytes,
    Object.values(sources).map(fileOf),
  );
  try {
    const old = await loadTable(connection, sources.before, "before");
    const now = await loadTable(connection, sources.after, "after");
    const result = await told(sources.after.format, () =>
      compareTables(connection, { table: "before", columns: old }, { table: "after", columns: now }),
    );
    return { status: "compared", diff: result };
  } finally {
    close();
  }
}

/** Does what is asked of an inspecting process. */
export async function answer(request: InspectorRequest): Promise<InspectorAnswer> {
  try {
    return await (request.op === "inspect" ? inspect(request) : diff(request));
  } catch (error) {
    if (error instanceof TableRefused) return { status: "refused", failure: error.failure };
    throw error;
  }
}
