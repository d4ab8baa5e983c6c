import type { DuckDBConnection, Json } from "@duckdb/node-api";
import type { Cell, ColumnProfile, TableColumn } from "../schemas";
import { rowsOf } from "./engine";
import { isNumeric, isTemporal, quoteName } from "./logical-type";

const BINS = 20;
const TOP = 10;
const MAX_CELL_CHARS = 200;

/** A value as a page shows it: exact, but long text cut. */
export function toCell(value: Json | undefined): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return value;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_CELL_CHARS ? `${text.slice(0, MAX_CELL_CHARS)}…` : text;
}

const asNumber = (value: Json | undefined): number | null => {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};
const asCount = (value: Json | undefined): number => Number(value ?? 0);

/** SQL that turns a column into a DOUBLE for statistics; undefined when it has no order worth a mean. */
export function measureOf(column: Pick<TableColumn, "name" | "type">): string | undefined {
  const name = quoteName(column.name);
  if (column.type === "boolean") return `CAST(CAST(${name} AS INTEGER) AS DOUBLE)`;
  if (isNumeric(column.type)) return `CAST(${name} AS DOUBLE)`;
  if (isTemporal(column.type)) return `epoch(${name})`;
  return undefined;
}

async function histogramOf(
  connection: DuckDBConnection,
  table: string,
  measure: string,
  lo: number,
  hi: number,
) {
  const finite = `SELECT ${measure} AS v FROM ${quoteName(table)} WHERE isfinite(${measure})`;
  if (lo === hi) {
    const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM (${finite})`);
    return [{ from: lo, to: hi, count: asCount(row?.[0]) }];
  }
  const width = (hi - lo) / BINS;
  const rows = await rowsOf(
    connection,
    `SELECT least(CAST(floor((v - ${lo}::DOUBLE) / ${width}::DOUBLE) AS INTEGER), ${BINS - 1}) AS b, count(*)::DOUBLE AS c FROM (${finite}) GROUP BY b`,
  );
  const counts = new Map(rows.map(([bin, count]) => [asCount(bin), asCount(count)]));
  return Array.from({ length: BINS }, (_, bin) => ({
    from: lo + bin * width,
    to: bin === BINS - 1 ? hi : lo + (bin + 1) * width,
    count: counts.get(bin) ?? 0,
  }));
}

async function numbersOf(connection: DuckDBConnection, table: string, column: TableColumn, measure: string) {
  const name = quoteName(column.name);
  const ok = `FILTER (WHERE isfinite(${measure}))`;
  const [row = []] = await rowsOf(
    connection,
    `SELECT min(${name}) ${ok}, max(${name}) ${ok}, avg(${measure}) ${ok}, stddev_samp(${measure}) ${ok}, quantile_cont(${measure}, [0.05, 0.25, 0.5, 0.75, 0.95]) ${ok}, (count(*) FILTER (WHERE ${name} IS NOT NULL AND NOT isfinite(${measure})))::DOUBLE, min(${measure}) ${ok}, max(${measure}) ${ok} FROM ${quoteName(table)}`,
  );
  const [min, max, mean, std, quantiles, nonFinite, lo, hi] = row;
  const q = Array.isArray(quantiles) ? quantiles.map(asNumber) : [];
  const [p05, p25, p50, p75, p95] = q;
  const low = asNumber(lo);
  const high = asNumber(hi);
  return {
    min: toCell(min),
    max: toCell(max),
    mean: asNumber(mean),
    std: asNumber(std),
    quantiles:
      p05 === null || p05 === undefined
        ? null
        : { p05, p25: p25 ?? p05, p50: p50 ?? p05, p75: p75 ?? p05, p95: p95 ?? p05 },
    nonFinite: asCount(nonFinite),
    histogram: low === null || high === null ? [] : await histogramOf(connection, table, measure, low, high),
  };
}

async function textOf(connection: DuckDBConnection, table: string, name: string, isText: boolean) {
  const text = `CAST(${name} AS VARCHAR)`;
  const [row = []] = await rowsOf(
    connection,
    `SELECT min(${text}), max(${text}), min(length(${text}))::DOUBLE, max(length(${text}))::DOUBLE, avg(length(${text})), count(TRY_CAST(${text} AS DOUBLE))::DOUBLE, count(${name})::DOUBLE FROM ${quoteName(table)}`,
  );
  const [min, max, shortest, longest, mean, numeric, present] = row;
  const share = asCount(present) === 0 ? 0 : asCount(numeric) / asCount(present);
  let remark: string | null = null;
  if (isText && share >= 0.9 && share < 1) {
    const [odd] = await rowsOf(
      connection,
      `SELECT ${text}, rowid::DOUBLE FROM ${quoteName(table)} WHERE ${name} IS NOT NULL AND TRY_CAST(${text} AS DOUBLE) IS NULL ORDER BY rowid LIMIT 1`,
    );
    remark = `Text, although ${asCount(numeric)} of ${asCount(present)} values are numbers; the first that is not, in row ${asCount(odd?.[1]) + 1}, is "${String(toCell(odd?.[0]))}".`;
  }
  return {
    min: toCell(min),
    max: toCell(max),
    length:
      asCount(present) === 0
        ? null
        : { min: asCount(shortest), max: asCount(longest), mean: asNumber(mean) ?? 0 },
    remark,
  };
}

async function profileColumn(
  connection: DuckDBConnection,
  table: string,
  column: TableColumn,
): Promise<ColumnProfile> {
  const name = quoteName(column.name);
  const [basic = []] = await rowsOf(
    connection,
    `SELECT count(*)::DOUBLE, count(${name})::DOUBLE, count(DISTINCT ${name})::DOUBLE FROM ${quoteName(table)}`,
  );
  const top = await rowsOf(
    connection,
    `SELECT ${name}, count(*)::DOUBLE AS c FROM ${quoteName(table)} WHERE ${name} IS NOT NULL GROUP BY ${name} ORDER BY c DESC, CAST(${name} AS VARCHAR) LIMIT ${TOP}`,
  );
  const profile: ColumnProfile = {
    name: column.name,
    count: asCount(basic[0]),
    nulls: asCount(basic[0]) - asCount(basic[1]),
    distinct: asCount(basic[2]),
    min: null,
    max: null,
    mean: null,
    std: null,
    quantiles: null,
    nonFinite: 0,
    length: null,
    top: top.map(([value, count]) => ({ value: toCell(value), count: asCount(count) })),
    histogram: [],
    remark: null,
  };
  const measure = measureOf(column);
  if (measure) return { ...profile, ...(await numbersOf(connection, table, column, measure)) };
  return { ...profile, ...(await textOf(connection, table, name, column.type === "string")) };
}

/** Exact statistics of every column. */
export async function profileTable(
  connection: DuckDBConnection,
  table: string,
  columns: readonly TableColumn[],
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of columns) profiles.push(await profileColumn(connection, table, column));
  return profiles;
}
