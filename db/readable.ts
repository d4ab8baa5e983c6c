import { getTableColumns } from "drizzle-orm";
import { QueryBuilder, type PgTable } from "drizzle-orm/pg-core";

/**
 * What a room lets others read of one of its tables: a subquery of the named columns, to select from or to join, in Drizzle or within `sql`,
 * under an alias of the reader's choice. Postgres plans it as if the table itself stood there.
 */
export function readable<T extends PgTable, K extends keyof T["_"]["columns"] & string>(
  table: T,
  ...names: readonly K[]
) {
  const columns = getTableColumns(table);
  const shown = Object.fromEntries(names.map((name) => [name, columns[name]])) as Pick<T["_"]["columns"], K>;
  const source: PgTable = table;
  return <A extends string>(alias: A) => new QueryBuilder().select(shown).from(source).as(alias);
}
