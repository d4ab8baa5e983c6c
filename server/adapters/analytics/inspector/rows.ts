import type { DuckDBConnection, Json } from "@duckdb/node-api";

/** All rows of a query as plain JSON values. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Json[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
}
