import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import type { RunPage, RunScope } from "./ordered-runs";
import type { OrderTerm } from "./search-filter";
import { attributeOf, byBytes } from "./search-sql";

interface SortKey {
  /** Where its values come from, as a join. */
  join: SQL;
  /** 0: a value; 1: NaN; 2: none. They come in this order. */
  kind: SQL;
  value: SQL;
  type: SQL;
  descending: boolean;
}

const NUMBER = sql`float8`;
const WHOLE = sql`bigint`;
const TEXT = sql`text collate "C"`;

function sortKey({ kind, key, descending }: OrderTerm, at: number): SortKey {
  const table = sql.identifier(`k${at}`);
  const missing = (value: SQL) => sql`case when ${value} is null then 2 else 0 end`;
  const joined = (name: string) =>
    sql`left join ${sql.identifier(name)} ${table} on ${table}.run_id = runs.id and ${table}.key = ${key}`;
  const value = sql`${table}.value`;
  if (kind === "metric")
    return {
      join: joined("run_latest_metrics"),
      kind: sql`case when ${value} is null then 2 when ${table}.is_nan then 1 else 0 end`,
      value: sql`case when ${table}.is_nan then null else ${value} end`,
      type: NUMBER,
      descending,
    };
  if (kind === "param" || kind === "tag") {
    const join = joined(kind === "param" ? "run_params" : "run_tags");
    return { join, kind: missing(value), value: byBytes(value), type: TEXT, descending };
  }
  const { column, isText } = attributeOf(key);
  const of = isText ? byBytes(column) : sql`${column}`;
  return { join: sql``, kind: missing(of), value: of, type: isText ? TEXT : WHOLE, descending };
}

type Cell = number | string | null;
const Cursor = z.array(z.union([z.number(), z.string(), z.null()]));

interface Column {
  name: SQL;
  type: SQL;
  descending: boolean;
}

/** Rows after those cells: later in a column, and equal in all before it. */
function afterCells(columns: readonly Column[], cells: readonly Cell[]): SQL {
  const literal = (cell: number | string, { type }: Column) => sql`${String(cell)}::${type}`;
  const branches = columns.map((column, at) => {
    const { name, descending } = column;
    const equal = columns.slice(0, at).map((before, place) => {
      const cell = cells[place] ?? null;
      return cell === null ? sql`${before.name} is null` : sql`${before.name} = ${literal(cell, before)}`;
    });
    const cell = cells[at] ?? null;
    // Nothing comes after a missing value in its own column: they are alike.
    const later =
      cell === null ? sql`false` : sql`${name} ${descending ? sql`<` : sql`>`} ${literal(cell, column)}`;
    return sql`(${sql.join([...equal, later], sql` and `)})`;
  });
  return sql`(${sql.join(branches, sql` or `)})`;
}

/** Runs in an order that no index has: the values of all are read and sorted, and the page cut out after the last run of the page before. */
export async function sortedRuns(
  db: Db,
  scope: RunScope,
  terms: readonly OrderTerm[],
  page: { cursor?: string | null | undefined; limit: number },
): Promise<RunPage> {
  const keys = terms.map(sortKey);
  const columns: Column[] = [
    ...keys.flatMap(({ type, descending }, at) => [
      { name: sql`x.${sql.identifier(`c${at}`)}`, type: NUMBER, descending: false },
      { name: sql`x.${sql.identifier(`v${at}`)}`, type, descending },
    ]),
    { name: sql`x.start`, type: WHOLE, descending: true },
    { name: sql`x.id`, type: TEXT, descending: false },
  ];
  const values = keys.map(
    ({ kind, value }, at) =>
      sql`${kind} as ${sql.identifier(`c${at}`)}, ${value} as ${sql.identifier(`v${at}`)}`,
  );
  const after = decodeCursor(page.cursor, Cursor);
  const { rows } = await db.execute<Record<string, Cell> & { id: string }>(sql`
    select x.* from (
      select ${sql.join(values, sql`, `)}, runs.start_ms as start, runs.id collate "C" as id
      from runs ${sql.join(
        keys.map((key) => key.join),
        sql` `,
      )}
      where runs.experiment_id = any(${sql.param(scope.experimentIds)}::int[]) and ${scope.conditions ?? sql`true`}) x
    where ${after ? afterCells(columns, after) : sql`true`}
    order by ${sql.join(
      columns.map(({ name, descending }) => (descending ? sql`${name} desc` : sql`${name} asc`)),
      sql`, `,
    )} limit ${page.limit + 1}`);
  const shown = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shown.at(-1) : undefined;
  return {
    ids: shown.map((row) => row.id),
    nextCursor: last ? encodeCursor(Object.values(last)) : null,
  };
}
