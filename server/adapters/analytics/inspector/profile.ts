import type { DuckDBConnection, Json } from "@duckdb/node-api";
import { clip } from "../../../core/characters";
import { storableText } from "../../../core/unstorable";
import type { Cell, ColumnProfile } from "../schemas";
import type { EngineColumn } from "./engine";
import { inGroups } from "./in-groups";
import { rowsOf } from "./rows";
import { isNumeric, isTemporal, quoteName } from "./logical-type";

const BINS = 20;
const TOP = 10;
const MAX_CELL_CHARS = 200;

/** A value as a page shows it: exact, but long text cut, and without the signs that no database text may hold. */
export function toCell(value: Json | undefined): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === "number" || typeof value === "boolean") return value;
  return clip(storableText(typeof value === "string" ? value : JSON.stringify(value)), MAX_CELL_CHARS + 1);
}

/** SQL of a value as far as a page shows it, so that a cell of megabytes is not carried about. */
export function shownValue({ id, type }: Pick<EngineColumn, "id" | "type">): string {
  const name = quoteName(id);
  if (type === "string") return shownText(name);
  return type.startsWith("nested") ? shownText(`CAST(${name} AS VARCHAR)`) : name;
}
const shownText = (sql: string) => `left(${sql}, ${MAX_CELL_CHARS + 2})`;

const asNumber = (value: Json | undefined): number | null => {
  if (value === null || value === undefined) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};
const asCount = (value: Json | undefined): number => Number(value ?? 0);

/** SQL that turns a column into a DOUBLE for statistics; undefined when it has no order worth a mean. */
export function measureOf(column: Pick<EngineColumn, "id" | "type">): string | undefined {
  const name = quoteName(column.id);
  if (column.type === "boolean") return `CAST(CAST(${name} AS INTEGER) AS DOUBLE)`;
  if (isNumeric(column.type)) return `CAST(${name} AS DOUBLE)`;
  if (isTemporal(column.type)) return `epoch(${name})`;
  return undefined;
}

const FAR = 1e150;

/**
 * A power of two by which values are divided while they are summed and squared, so that neither overflows nor vanishes. Dividing by it
 * loses nothing; ordinary numbers are left as they are.
 */
function scaleFor(lo: number, hi: number): number {
  const largest = Math.max(Math.abs(lo), Math.abs(hi));
  if (largest === 0 || (largest < FAR && largest > 1 / FAR)) return 1;
  return 2 ** Math.floor(Math.log2(largest));
}

interface Measured {
  /** SQL of the value as a DOUBLE. */
  measure: string;
  lo: number;
  hi: number;
  scale: number;
}

async function histogramOf(connection: DuckDBConnection, table: string, measured: Measured) {
  const { measure, scale } = measured;
  const [lo, hi] = [measured.lo / scale, measured.hi / scale];
  const finite = `SELECT ${measure} / ${scale}::DOUBLE AS v FROM ${quoteName(table)} WHERE isfinite(${measure})`;
  const width = (hi - lo) / BINS;
  if (width === 0) {
    const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM (${finite})`);
    return [{ from: measured.lo, to: measured.hi, count: asCount(row?.[0]) }];
  }
  const rows = await rowsOf(
    connection,
    `SELECT greatest(0, least(CAST(floor((v - ${lo}::DOUBLE) / ${width}::DOUBLE) AS INTEGER), ${BINS - 1})) AS b, count(*)::DOUBLE AS c FROM (${finite}) GROUP BY b`,
  );
  const counts = new Map(rows.map(([bin, count]) => [asCount(bin), asCount(count)]));
  return Array.from({ length: BINS }, (_, bin) => ({
    from: bin === 0 ? measured.lo : (lo + bin * width) * scale,
    to: bin === BINS - 1 ? measured.hi : (lo + (bin + 1) * width) * scale,
    count: counts.get(bin) ?? 0,
  }));
}

async function momentsOf(connection: DuckDBConnection, table: string, { measure, scale }: Measured) {
  const value = scale === 1 ? measure : `(${measure} / ${scale}::DOUBLE)`;
  const ok = `FILTER (WHERE isfinite(${measure}))`;
  const [row = []] = await rowsOf(
    connection,
    `SELECT avg(${value}) ${ok}, stddev_samp(${value}) ${ok}, quantile_cont(${value}, [0.05, 0.25, 0.5, 0.75, 0.95]) ${ok} FROM ${quoteName(table)}`,
  );
  const [mean, std, quantiles] = row;
  const back = (scaled: Json | undefined) => {
    const number = asNumber(scaled);
    return number === null ? null : asNumber(number * scale);
  };
  const [p05, p25, p50, p75, p95] = Array.isArray(quantiles) ? quantiles.map(back) : [];
  return {
    mean: back(mean),
    std: back(std),
    quantiles:
      p05 === null || p05 === undefined
        ? null
        : { p05, p25: p25 ?? p05, p50: p50 ?? p05, p75: p75 ?? p05, p95: p95 ?? p05 },
  };
}

async function numbersOf(connection: DuckDBConnection, table: string, column: EngineColumn, measure: string) {
  const name = quoteName(column.id);
  const ok = `FILTER (WHERE isfinite(${measure}))`;
  const [row = []] = await rowsOf(
    connection,
    `SELECT min(${name}) ${ok}, max(${name}) ${ok}, (count(*) FILTER (WHERE ${name} IS NOT NULL AND NOT isfinite(${measure})))::DOUBLE, min(${measure}) ${ok}, max(${measure}) ${ok} FROM ${quoteName(table)}`,
  );
  const [min, max, nonFinite] = row;
  const [lo, hi] = [asNumber(row[3]), asNumber(row[4])];
  const found = { min: toCell(min), max: toCell(max), nonFinite: asCount(nonFinite) };
  if (lo === null || hi === null) return found;
  const measured = { measure, lo, hi, scale: scaleFor(lo, hi) };
  return {
    ...found,
    ...(await momentsOf(connection, table, measured)),
    histogram: await histogramOf(connection, table, measured),
  };
}

async function textOf(connection: DuckDBConnection, table: string, name: string, isText: boolean) {
  const text = `CAST(${name} AS VARCHAR)`;
  const [row = []] = await rowsOf(
    connection,
    `SELECT ${shownText(`min(${text})`)}, ${shownText(`max(${text})`)}, min(length(${text}))::DOUBLE, max(length(${text}))::DOUBLE, avg(length(${text})), count(TRY_CAST(${text} AS DOUBLE))::DOUBLE, count(${name})::DOUBLE FROM ${quoteName(table)}`,
  );
  const [min, max, shortest, longest, mean, numeric, present] = row;
  const share = asCount(present) === 0 ? 0 : asCount(numeric) / asCount(present);
  let remark: string | null = null;
  if (isText && share >= 0.9 && share < 1) {
    const [odd] = await rowsOf(
      connection,
      `SELECT ${shownText(text)}, rowid::DOUBLE FROM ${quoteName(table)} WHERE ${name} IS NOT NULL AND TRY_CAST(${text} AS DOUBLE) IS NULL ORDER BY rowid LIMIT 1`,
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

/** What is worth saying when a statistic cannot be computed; a table is registered all the same. */
class Remarks {
  readonly found: string[] = [];

  /** The part of a profile, or `otherwise` with the engine's reason as a remark. */
  async attempt<Part>(what: string, part: () => Promise<Part>, otherwise: Part): Promise<Part> {
    try {
      return await part();
    } catch (error) {
      const why = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      this.found.push(storableText(`${what} cannot be computed: ${why}`));
      return otherwise;
    }
  }
}

async function countsOf(connection: DuckDBConnection, table: string, name: string) {
  const [row = []] = await rowsOf(
    connection,
    `SELECT count(*)::DOUBLE, count(${name})::DOUBLE FROM ${quoteName(table)}`,
  );
  return { count: asCount(row[0]), nulls: asCount(row[0]) - asCount(row[1]) };
}

async function distinctOf(connection: DuckDBConnection, table: string, name: string): Promise<number> {
  const [row] = await rowsOf(connection, `SELECT count(DISTINCT ${name})::DOUBLE FROM ${quoteName(table)}`);
  return asCount(row?.[0]);
}

async function topOf(connection: DuckDBConnection, table: string, column: EngineColumn) {
  const name = quoteName(column.id);
  const rows = await rowsOf(
    connection,
    `SELECT ${shownValue({ ...column, id: "v" })}, c FROM (SELECT ${name} AS v, count(*)::DOUBLE AS c FROM ${quoteName(table)} WHERE ${name} IS NOT NULL GROUP BY ${name} ORDER BY c DESC, CAST(${name} AS VARCHAR) LIMIT ${TOP})`,
  );
  return rows.map(([value, count]) => ({ value: toCell(value), count: asCount(count) }));
}

type Statistics = Partial<Omit<ColumnProfile, "name">>;

async function profileColumn(
  connection: DuckDBConnection,
  table: string,
  column: EngineColumn,
): Promise<ColumnProfile> {
  const name = quoteName(column.id);
  const measure = measureOf(column);
  const counts = await countsOf(connection, table, name);
  const remarks = new Remarks();
  const distinct = await remarks.attempt(
    "The number of its values",
    () => distinctOf(connection, table, name),
    0,
  );
  const top = await remarks.attempt("Its most frequent values", () => topOf(connection, table, column), []);
  const statistics = await remarks.attempt<Statistics>(
    "Some of its statistics",
    () =>
      measure
        ? numbersOf(connection, table, column, measure)
        : textOf(connection, table, name, column.type === "string"),
    {},
  );
  return {
    name: column.name,
    ...counts,
    distinct,
    min: null,
    max: null,
    mean: null,
    std: null,
    quantiles: null,
    nonFinite: 0,
    length: null,
    top,
    histogram: [],
    ...statistics,
    remark: [column.remark ?? statistics.remark, ...remarks.found].filter(Boolean).join(" ") || null,
  };
}

/** Exact statistics of every column. */
export async function profileTable(
  connection: DuckDBConnection,
  table: string,
  columns: readonly EngineColumn[],
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  await inGroups(connection, table, columns, async (group, some) => {
    for (const column of some) profiles.push(await profileColumn(connection, group, column));
  });
  return profiles;
}
