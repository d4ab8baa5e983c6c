import type { DuckDBConnection, Json } from "@duckdb/node-api";
import { MAX_COLUMNS } from "./csv-scan";
import { DURATION_NANOS, durationUnits, type DurationUnit } from "./arrow-durations";
import { quoteText } from "./logical-type";
import { refuse } from "./refuse";
import { rowsOf } from "./rows";

/** A column that a Parquet file declares at its top. */
export interface ParquetColumn {
  name: string;
  isRequired: boolean;
  remark: string | null;
  /** The units of durations in it, which Parquet itself stores as plain integers. */
  durations: readonly DurationUnit[];
  isNested: boolean;
}

const MOST_DECIMAL_DIGITS = 38;

/** What the engine says of one node of the file's schema: name, number of children, repetition, decimal digits, logical type. */
type SchemaNode = readonly Json[];

const NANOS = "Its type counts nanoseconds; what is finer than a microsecond is not read.";
const DURATION = "Durations, counted in nanoseconds.";

function checkedColumn(nodes: readonly SchemaNode[], at: number): ParquetColumn {
  const [own] = nodes;
  const name = String(own?.[0]);
  if (name.includes("\0"))
    refuse(
      "unstorable_name",
      `The name of column ${at + 1} holds a zero byte.`,
      "Rename the column and write the file again.",
    );
  const digits = Math.max(0, ...nodes.map((node) => Number(node[3] ?? 0)));
  if (digits > MOST_DECIMAL_DIGITS)
    refuse(
      "too_precise",
      `The column "${name}" holds decimals of ${digits} digits; at most ${MOST_DECIMAL_DIGITS} can be kept exactly.`,
      "Write it as decimal128, or as text.",
    );
  // Without a zone there is a type that holds nanoseconds; with one there is not.
  const isFine = nodes.some(
    (node) => /NANOS/.test(String(node[4])) && !/UTC=(0|false)/i.test(String(node[4])),
  );
  return {
    name,
    isRequired: own?.[2] === "REQUIRED",
    remark: isFine ? NANOS : null,
    durations: [],
    isNested: nodes.length > 1,
  };
}

/** The schema's nodes, one group for each column: a node is followed by its children. */
function groupsOf(nodes: readonly SchemaNode[]): SchemaNode[][] {
  const skip = (index: number): number => {
    let next = index + 1;
    for (let left = Number(nodes[index]?.[1] ?? 0); left > 0; left -= 1) next = skip(next);
    return next;
  };
  const groups: SchemaNode[][] = [];
  for (let at = 1; at < nodes.length;) {
    const next = skip(at);
    groups.push(nodes.slice(at, next));
    at = next;
  }
  return groups;
}

/** The columns that a Parquet file declares at its top. @throws TableRefused where a value could not be kept exactly */
export async function parquetColumns(connection: DuckDBConnection, file: string): Promise<ParquetColumn[]> {
  const groups = groupsOf(
    await rowsOf(
      connection,
      `SELECT name, num_children, repetition_type, precision, logical_type FROM parquet_schema(${quoteText(file)})`,
    ),
  );
  if (groups.length === 0)
    refuse("no_columns", "The Parquet file has no columns.", "Write a table with at least one column.");
  if (groups.length > MAX_COLUMNS)
    refuse(
      "too_many_columns",
      `The Parquet file has ${groups.length} columns; at most ${MAX_COLUMNS} are supported.`,
      "Split the table.",
    );
  const columns = groups.map(checkedColumn);
  const [row] = await rowsOf(
    connection,
    `SELECT decode(value) FROM parquet_kv_metadata(${quoteText(file)}) WHERE decode(key) = 'ARROW:schema'`,
  );
  const units = durationUnits(row?.[0], columns.length);
  return columns.map((column, at) => {
    const durations = units[at] ?? [];
    return durations.length === 0 || column.isNested
      ? { ...column, durations }
      : { ...column, durations, remark: DURATION };
  });
}

/** SQL: a column's value as it is kept. Durations become nanoseconds, so that their unit does not matter. */
export function parquetValue(name: string, column: ParquetColumn | undefined): string {
  const [unit] = column?.durations ?? [];
  return unit && column?.isNested === false
    ? `CAST(${name} AS HUGEINT) * ${DURATION_NANOS[unit]} AS ${name}`
    : name;
}

/** The logical type of a column of which the engine knows only how it is stored. */
export function parquetType(type: string, column: ParquetColumn | undefined): string {
  if (!column || column.durations.length === 0) return type;
  return column.isNested ? `${type} (durations: ${column.durations.join(", ")})` : "duration";
}
