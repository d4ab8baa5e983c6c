import path from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { TableRefused } from "../port";
import type { TableColumn, TableFormat } from "../schemas";
import { columnNames, type NamedColumn } from "./column-names";
import { MAX_COLUMNS } from "./csv-scan";
import { decideTypes, typedValue } from "./csv-types";
import { logicalTypeOf, quoteName, quoteText } from "./logical-type";
import { refuse } from "./refuse";
import { rowsOf } from "./rows";
import type { TextTable } from "./text-file";
import { firstCharacters } from "@/server/core/characters";

/** A column of a loaded table; the engine knows it by `id`, so that no name of a file means anything to it. */
export interface EngineColumn extends TableColumn {
  id: string;
  /** What a reader should know of its name or type. */
  remark: string | null;
}

export interface Engine {
  connection: DuckDBConnection;
  close: () => void;
}

/** Opens DuckDB on a scratch file: bounded memory, no extensions from the network, no file but those named. */
export async function openEngine(
  scratch: string,
  memoryBytes: number,
  files: readonly string[],
): Promise<Engine> {
  const instance = await DuckDBInstance.create(path.join(scratch, "table.duckdb"), {
    memory_limit: `${Math.floor(memoryBytes / 1024 / 1024)}MiB`,
    threads: "2",
    temp_directory: path.join(scratch, "spill"),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`SET allowed_paths = [${files.map(quoteText).join(", ")}]`);
  await connection.run("SET enable_external_access = false");
  await connection.run("SET lock_configuration = true");
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function tell(error: unknown, format: TableFormat): never {
  if (error instanceof TableRefused) throw error;
  const text = error instanceof Error ? error.message : String(error);
  if (/out of memory/i.test(text)) {
    refuse(
      "out_of_memory",
      "The table needs more memory than one inspection may take.",
      "Split the table, or write it as Parquet with smaller row groups.",
    );
  }
  const line = Number(/\bLine:?\s+(\d+)/i.exec(text)?.[1]);
  const summary = firstCharacters(text.split("\n").find((part) => part.trim() !== "") ?? text, 400);
  refuse(
    `unreadable_${format}`,
    `The ${format === "csv" ? "CSV" : "Parquet"} file cannot be read: ${summary}`,
    "Write the file again and upload it.",
    Number.isInteger(line) ? { line } : {},
  );
}

const idOf = (_: unknown, at: number) => `c${at}`;
const joined = (...remarks: readonly (string | null)[]) => remarks.filter(Boolean).join(" ") || null;

/** The longest line that the engine expects by itself; its buffers are many times as large. */
const ENGINE_LINE_BYTES = 2_000_000;

/** Loads the text of every value, then each column as what our own rules say it is. */
async function loadCsv(
  connection: DuckDBConnection,
  { file, shape }: TextTable,
  table: string,
): Promise<EngineColumn[]> {
  const ids = shape.header.map(idOf);
  const raw = `${table}_text`;
  const types = ids.map((id) => `${quoteText(id)}: 'VARCHAR'`).join(", ");
  await connection.run(
    `CREATE TABLE ${quoteName(raw)} AS SELECT * FROM read_csv(${quoteText(file)}, auto_detect = false, columns = {${types}}, delim = ${quoteText(shape.delimiter)}, quote = '"', escape = '"', comment = '', header = true, nullstr = '', allow_quoted_nulls = false, null_padding = false, strict_mode = true, compression = 'none', max_line_size = ${Math.max(ENGINE_LINE_BYTES, shape.longestBytes + 1_024)})`,
  );
  const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${quoteName(raw)}`);
  if (row?.[0] !== shape.rowCount) {
    refuse(
      "row_count",
      `The file holds ${shape.rowCount} rows, but ${String(row?.[0])} could be read.`,
      "Write the file again with a header line, one kind of line end, and no blank lines.",
    );
  }
  const decided = await decideTypes(connection, raw, ids);
  const typeOf = (id: string) => decided.get(id) ?? { engineType: "VARCHAR", remark: null };
  const values = ids.map((id) => typedValue(id, typeOf(id))).join(", ");
  await connection.run(`CREATE TABLE ${quoteName(table)} AS SELECT ${values} FROM ${quoteName(raw)}`);
  await connection.run(`DROP TABLE ${quoteName(raw)}`);
  const names = columnNames(shape.header);
  return describe(connection, table, names, (at) => ({
    nullable: true,
    remark: typeOf(idOf(null, at)).remark,
  }));
}

/** What the engine made of each column, under the file's names. */
async function describe(
  connection: DuckDBConnection,
  table: string,
  names: readonly NamedColumn[],
  about: (at: number) => Pick<EngineColumn, "nullable" | "remark">,
): Promise<EngineColumn[]> {
  const described = await rowsOf(connection, `DESCRIBE ${quoteName(table)}`);
  return described.map(([id, engineType], at) => {
    const { nullable, remark } = about(at);
    return {
      id: String(id),
      name: names[at]?.name ?? String(id),
      engineType: String(engineType),
      type: logicalTypeOf(String(engineType)),
      nullable,
      remark: joined(names[at]?.remark ?? null, remark),
    };
  });
}

interface ParquetColumn {
  name: string;
  isRequired: boolean;
  remark: string | null;
}

const MOST_DECIMAL_DIGITS = 38;

/** The columns that a Parquet file declares at its top. @throws TableRefused where a value could not be kept exactly */
async function parquetColumns(connection: DuckDBConnection, file: string): Promise<ParquetColumn[]> {
  const rows = await rowsOf(
    connection,
    `SELECT name, num_children, repetition_type, precision, logical_type FROM parquet_schema(${quoteText(file)})`,
  );
  const columns: ParquetColumn[] = [];
  let at = 1;
  const skip = (index: number): number => {
    let next = index + 1;
    for (let left = Number(rows[index]?.[1] ?? 0); left > 0; left -= 1) next = skip(next);
    return next;
  };
  while (at < rows.length) {
    const next = skip(at);
    const own = rows.slice(at, next);
    const name = String(rows[at]?.[0]);
    const digits = Math.max(0, ...own.map((row) => Number(row[3] ?? 0)));
    if (digits > MOST_DECIMAL_DIGITS)
      refuse(
        "too_precise",
        `The column "${name}" holds decimals of ${digits} digits; at most ${MOST_DECIMAL_DIGITS} can be kept exactly.`,
        "Write it as decimal128, or as text.",
      );
    const isFine = own.some(
      (row) =>
        /NANOS/.test(String(row[4])) &&
        !/isAdjustedToUTC=0|TimestampType\(isAdjustedToUTC=false/i.test(String(row[4])),
    );
    columns.push({
      name,
      isRequired: rows[at]?.[2] === "REQUIRED",
      remark: isFine ? "Its type counts nanoseconds; what is finer than a microsecond is not read." : null,
    });
    at = next;
  }
  if (columns.length === 0)
    refuse("no_columns", "The Parquet file has no columns.", "Write a table with at least one column.");
  if (columns.length > MAX_COLUMNS)
    refuse(
      "too_many_columns",
      `The Parquet file has ${columns.length} columns; at most ${MAX_COLUMNS} are supported.`,
      "Split the table.",
    );
  return columns;
}

async function loadParquet(
  connection: DuckDBConnection,
  file: string,
  table: string,
): Promise<EngineColumn[]> {
  const columns = await parquetColumns(connection, file);
  const ids = columns.map(idOf).join(", ");
  await connection.run(
    `CREATE TABLE ${quoteName(table)} AS SELECT * FROM read_parquet(${quoteText(file)}) AS given(${ids})`,
  );
  return describe(connection, table, columnNames(columns.map(({ name }) => name)), (at) => ({
    nullable: columns[at]?.isRequired !== true,
    remark: columns[at]?.remark ?? null,
  }));
}

/** A file that was looked at and can be loaded. */
export type Readable = { format: "csv"; text: TextTable } | { format: "parquet"; file: string };

/** Loads a file into `table`. @throws TableRefused when it is no table, with line and column where there are such */
export async function loadTable(
  connection: DuckDBConnection,
  source: Readable,
  table: string,
): Promise<EngineColumn[]> {
  try {
    return source.format === "csv"
      ? await loadCsv(connection, source.text, table)
      : await loadParquet(connection, source.file, table);
  } catch (error) {
    return tell(error, source.format);
  }
}
