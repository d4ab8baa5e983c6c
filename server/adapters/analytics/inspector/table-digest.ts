import { createHash } from "node:crypto";
import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableColumn } from "../schemas";
import type { EngineColumn } from "./engine";
import { quoteName } from "./logical-type";

/** Name and version of the encoding below; specified in docs/dataset-digest.md. Any change is a new version. */
export const CANONICALISATION = "mw-table-v1";

const byNameBytes = (a: { name: string }, b: { name: string }) =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

const netstring = (text: string) => `${Buffer.byteLength(text)}:${text}`;

/** The schema as bytes: the name of the encoding, then name and logical type of each column, by name. */
export function encodeSchema(columns: readonly Pick<TableColumn, "name" | "type">[]): string {
  const lines = columns
    .toSorted(byNameBytes)
    .map((column) => `${netstring(column.name)}${netstring(column.type)}\n`);
  return `${CANONICALISATION}\n${lines.join("")}`;
}

export const schemaDigestOf = (columns: readonly Pick<TableColumn, "name" | "type">[]) =>
  `sha256:${createHash("sha256").update(encodeSchema(columns)).digest("hex")}`;

/** SQL text of a value that is not null, by logical type. */
function textOf(name: string, type: string): string {
  if (type === "boolean") return `CASE WHEN ${name} THEN '1' ELSE '0' END`;
  if (type === "float") {
    // Adding zero makes negative zero positive; every NaN becomes the one quiet NaN.
    const value = `CASE WHEN isnan(${name}) THEN 'NaN'::DOUBLE ELSE CAST(${name} AS DOUBLE) + 0.0::DOUBLE END`;
    return `lower(hex(CAST(CAST(${value} AS BIT) AS BLOB)))`;
  }
  if (type === "bytes") return `lower(hex(${name}))`;
  if (type === "timestamp" || type === "timestamptz") {
    const stamp = type === "timestamp" ? `CAST(${name} AS TIMESTAMP)` : name;
    return `CASE WHEN isfinite(${stamp}) THEN CAST(epoch_us(${stamp}) AS VARCHAR) ELSE CAST(${stamp} AS VARCHAR) END`;
  }
  if (type === "timestamp_ns") return `CAST(epoch_ns(${name}) AS VARCHAR)`;
  if (type.startsWith("decimal") && type !== "decimal(0)") {
    // The engine leaves out the zero before the point where the column's type has no digit there.
    const text = `CAST(${name} AS VARCHAR)`;
    return `CASE WHEN starts_with(${text}, '.') THEN '0' || ${text} WHEN starts_with(${text}, '-.') THEN '-0' || substr(${text}, 2) ELSE ${text} END`;
  }
  if (type.startsWith("nested")) return `CAST(to_json(${name}) AS VARCHAR)`;
  return `CAST(${name} AS VARCHAR)`;
}

type Hashed = Pick<EngineColumn, "id" | "name" | "type">;

function encodeValue(column: Hashed): string {
  const name = quoteName(column.id);
  const text = textOf(name, column.type);
  return `CASE WHEN ${name} IS NULL THEN '~' ELSE CAST(strlen(${text}) AS VARCHAR) || ':' || ${text} END`;
}

/** SQL of the row digest (64 hex digits) over `columns`. */
export function rowDigestSql(columns: readonly Hashed[]): string {
  // One call: a chain of thousands of operators is deeper than the engine reads.
  return `sha256(concat(${columns.toSorted(byNameBytes).map(encodeValue).join(", ")}))`;
}

/** Identity of a table's content: independent of row order, column order and file format. */
export async function contentDigestOf(
  connection: DuckDBConnection,
  table: string,
  columns: readonly EngineColumn[],
): Promise<string> {
  const hash = createHash("sha256").update(encodeSchema(columns));
  const result = await connection.stream(
    `SELECT ${rowDigestSql(columns)} AS d FROM ${quoteName(table)} ORDER BY d`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    const digests = chunk.getColumnValues(0);
    hash.update(Buffer.from(digests.map(String).join(""), "hex"));
  }
  return `sha256:${hash.digest("hex")}`;
}
