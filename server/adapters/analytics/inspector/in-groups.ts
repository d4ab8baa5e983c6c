import type { DuckDBConnection } from "@duckdb/node-api";
import { quoteName } from "./logical-type";

/** The engine looks at every column of a table for each query about one of them, so thousands of columns are asked in narrow copies. */
const COLUMNS_AT_ONCE = 50;

/** Calls `work` for groups of a table's columns, each with the table to ask: itself, or a copy of these columns in the same order of rows. */
export async function inGroups<C extends { id: string }>(
  connection: DuckDBConnection,
  table: string,
  columns: readonly C[],
  work: (table: string, columns: readonly C[]) => Promise<void>,
): Promise<void> {
  if (columns.length <= COLUMNS_AT_ONCE) return work(table, columns);
  const group = quoteName(`${table}_group`);
  for (let from = 0; from < columns.length; from += COLUMNS_AT_ONCE) {
    const some = columns.slice(from, from + COLUMNS_AT_ONCE);
    const names = some.map(({ id }) => quoteName(id)).join(", ");
    await connection.run(`CREATE TABLE ${group} AS SELECT ${names} FROM ${quoteName(table)}`);
    await work(`${table}_group`, some);
    await connection.run(`DROP TABLE ${group}`);
  }
}
