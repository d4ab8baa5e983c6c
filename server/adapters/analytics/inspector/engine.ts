import path from "node:path";
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { TableRefused } from "../port";
import type { TableColumn, TableFormat } from "../schemas";
import { columnNames, type NamedColumn } from "./column-names";
import { decideTypes, typedValue } from "./csv-types";
import { logicalTypeOf, quoteName, quoteText } from "./logical-type";
import { parquetColumns, parquetType, parquetValue } from "./parquet-columns";
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

/** What the engine says when it fails, as a refusal of the file that a person can act on. */
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

async function loadParquet(
  connection: DuckDBConnection,
  file: string,
  table: string,
): Promise<EngineColumn[]> {
  const columns = await parquetColumns(connection, file);
  const ids = columns.map(idOf);
  const values = ids.map((id, at) => parquetValue(quoteName(id), columns[at]));
  await connection.run(
    `CREATE TABLE ${quoteName(table)} AS SELECT ${values.join(", ")} FROM read_parquet(${quoteText(file)}) AS given(${ids.join(", ")})`,
  );
  const names = columnNames(columns.map(({ name }) => name));
  const described = await describe(connection, table, names, (at) => ({
    nullable: columns[at]?.isRequired !== true,
    remark: columns[at]?.remark ?? null,
  }));
  return described.map((column, at) => ({ ...column, type: parquetType(column.type, columns[at]) }));
}

/** A file that was looked at and can be loaded. */
export type Readable = { format: "csv"; text: TextTable } | { format: "parquet"; file: string };

/** Does work with the engine; whatever it cannot do becomes a refusal in words. @throws TableRefused */
export async function told<T>(format: TableFormat, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return tell(error, format);
  }
}

/** Loads a file into `table`. @throws TableRefused when it is no table, with line and column where there are such */
export const loadTable = (
  connection: DuckDBConnection,
  source: Readable,
  table: string,
): Promise<EngineColumn[]> =>
  told(source.format, () =>
    source.format === "csv"
      ? loadCsv(connection, source.text, table)
      : loadParquet(connection, source.file, table),
  );
