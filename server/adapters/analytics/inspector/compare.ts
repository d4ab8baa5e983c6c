import type { DuckDBConnection } from "@duckdb/node-api";
import type { TableDiff } from "../schemas";
import type { EngineColumn } from "./engine";
import { rowsOf } from "./rows";
import { quoteName } from "./logical-type";
import { measureOf } from "./profile";
import { rowDigestSql } from "./table-digest";

/** Critical value of the asymptotic two-sample Kolmogorov-Smirnov test at the 1 % level: sqrt(-ln(0.005) / 2). */
const KS_1_PERCENT = Math.sqrt(-Math.log(0.005) / 2);

type Loaded = { table: string; columns: readonly EngineColumn[] };

/** A column that both tables have, as each knows it. */
interface Shared {
  before: EngineColumn;
  after: EngineColumn;
}

/** Greatest distance of the two empirical distribution functions, over finite values. */
async function ksOf(connection: DuckDBConnection, before: Loaded, after: Loaded, column: Shared) {
  const side = (loaded: Loaded, own: EngineColumn, a: number, b: number) => {
    const measure = measureOf(own) ?? "NULL";
    return `SELECT ${measure} AS v, ${a} AS a, ${b} AS b FROM ${quoteName(loaded.table)} WHERE isfinite(${measure})`;
  };
  const [row] = await rowsOf(
    connection,
    `WITH u AS (${side(before, column.before, 1, 0)} UNION ALL ${side(after, column.after, 0, 1)}), g AS (SELECT v, sum(a)::DOUBLE AS a, sum(b)::DOUBLE AS b FROM u GROUP BY v), n AS (SELECT sum(a) AS na, sum(b) AS nb FROM g), c AS (SELECT sum(a) OVER (ORDER BY v) / na - sum(b) OVER (ORDER BY v) / nb AS d, na, nb FROM g, n) SELECT max(abs(d)), max(na), max(nb) FROM c`,
  );
  const [distance, na, nb] = (row ?? []).map((value) => (value === null ? null : Number(value)));
  if (!na || !nb || distance === null || distance === undefined) return undefined;
  return { value: distance, beyondChance: distance > KS_1_PERCENT * Math.sqrt((na + nb) / (na * nb)) };
}

/** Half the summed differences of the shares of each value. */
async function tvOf(connection: DuckDBConnection, before: Loaded, after: Loaded, column: Shared) {
  const side = (loaded: Loaded, own: EngineColumn) => {
    const text = `CAST(${quoteName(own.id)} AS VARCHAR)`;
    return `SELECT ${text} AS v, count(*)::DOUBLE AS c FROM ${quoteName(loaded.table)} WHERE ${text} IS NOT NULL GROUP BY 1`;
  };
  const [row] = await rowsOf(
    connection,
    `WITH a AS (${side(before, column.before)}), b AS (${side(after, column.after)}), n AS (SELECT (SELECT sum(c) FROM a) AS na, (SELECT sum(c) FROM b) AS nb) SELECT sum(abs(coalesce(a.c, 0) / na - coalesce(b.c, 0) / nb)) / 2 FROM a FULL JOIN b ON a.v = b.v, n`,
  );
  const value = row?.[0];
  return value === null || value === undefined ? undefined : { value: Number(value), beyondChance: null };
}

async function summaryOf(connection: DuckDBConnection, loaded: Loaded, column: EngineColumn) {
  const name = quoteName(column.id);
  const measure = measureOf(column);
  const mean = measure ? `avg(${measure}) FILTER (WHERE isfinite(${measure}))` : "NULL::DOUBLE";
  const [row] = await rowsOf(
    connection,
    `SELECT (count(*) - count(${name}))::DOUBLE / greatest(count(*), 1), ${mean} FROM ${quoteName(loaded.table)}`,
  );
  return { nullShare: Number(row?.[0] ?? 0), mean: typeof row?.[1] === "number" ? row[1] : null };
}

async function shiftsOf(
  connection: DuckDBConnection,
  before: Loaded,
  after: Loaded,
  shared: readonly Shared[],
): Promise<TableDiff["shifts"]> {
  const shifts: TableDiff["shifts"] = [];
  for (const column of shared) {
    const { name, type } = column.before;
    const isMeasured = measureOf(column.before) !== undefined && type !== "boolean";
    const found = await (isMeasured ? ksOf : tvOf)(connection, before, after, column);
    const old = await summaryOf(connection, before, column.before);
    const now = await summaryOf(connection, after, column.after);
    shifts.push({
      name,
      type,
      statistic: isMeasured ? "ks" : "tv",
      value: found?.value ?? 0,
      beyondChance: found?.beyondChance ?? null,
      nullShareBefore: old.nullShare,
      nullShareAfter: now.nullShare,
      meanBefore: old.mean,
      meanAfter: now.mean,
    });
  }
  return shifts;
}

async function rowsChanged(
  connection: DuckDBConnection,
  before: Loaded,
  after: Loaded,
  shared: readonly Shared[],
) {
  const side = (loaded: Loaded, columns: readonly EngineColumn[]) =>
    `SELECT ${rowDigestSql(columns)} AS d, count(*)::DOUBLE AS c FROM ${quoteName(loaded.table)} GROUP BY d`;
  const [old, now] = [shared.map((each) => each.before), shared.map((each) => each.after)];
  const [row = []] = await rowsOf(
    connection,
    `WITH a AS (${side(before, old)}), b AS (${side(after, now)}), j AS (SELECT coalesce(a.c, 0) AS x, coalesce(b.c, 0) AS y FROM a FULL JOIN b ON a.d = b.d) SELECT sum(greatest(y - x, 0)), sum(greatest(x - y, 0)), sum(least(x, y)) FROM j`,
  );
  return { added: Number(row[0] ?? 0), removed: Number(row[1] ?? 0), unchanged: Number(row[2] ?? 0) };
}

const countRows = async (connection: DuckDBConnection, table: string) =>
  Number((await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${quoteName(table)}`))[0]?.[0] ?? 0);

/** What changed from one loaded table to the other; rows as multisets of row digests. */
export async function compareTables(
  connection: DuckDBConnection,
  before: Loaded,
  after: Loaded,
): Promise<TableDiff> {
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const now = new Map(after.columns.map((column) => [column.name, column]));
  const shared = before.columns.flatMap((column) => {
    const other = now.get(column.name);
    return other?.type === column.type ? [{ before: column, after: other }] : [];
  });
  const rowsBefore = await countRows(connection, before.table);
  const rowsAfter = await countRows(connection, after.table);
  const same = shared.length === old.size && shared.length === now.size;
  const rows =
    shared.length === 0
      ? { added: rowsAfter, removed: rowsBefore, unchanged: 0 }
      : await rowsChanged(connection, before, after, shared);
  return {
    columnsAdded: after.columns
      .filter((column) => !old.has(column.name))
      .map(({ name, type }) => ({ name, type })),
    columnsRemoved: before.columns
      .filter((column) => !now.has(column.name))
      .map(({ name, type }) => ({ name, type })),
    columnsRetyped: before.columns.flatMap((column) => {
      const other = now.get(column.name);
      return other && other.type !== column.type
        ? [{ name: column.name, before: column.type, after: other.type }]
        : [];
    }),
    rowsBefore,
    rowsAfter,
    rowsAdded: rows.added,
    rowsRemoved: rows.removed,
    rowsUnchanged: rows.unchanged,
    rowsComparedBy: same ? "all columns" : shared.length > 0 ? "shared columns" : "nothing in common",
    shifts: await shiftsOf(connection, before, after, shared),
  };
}
