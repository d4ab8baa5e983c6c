import path from "node:path";
import { DuckDBInstance, type DuckDBConnection, type Json } from "@duckdb/node-api";
import { TableRefused } from "../port";
import type { TableColumn, TableFormat } from "../schemas";
import { checkColumnNames, scanCsv } from "./csv-scan";
import { logicalTypeOf, quoteName, quoteText } from "./logical-type";
import { refuse } from "./refuse";

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

/** All rows of a query as plain JSON values. */
export async function rowsOf(connection: DuckDBConnection, sql: string): Promise<Json[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson();
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
  const summary = (text.split("\n").find((part) => part.trim() !== "") ?? text).slice(0, 400);
  refuse(
    `unreadable_${format}`,
    `The ${format === "csv" ? "CSV" : "Parquet"} file cannot be read: ${summary}`,
    "Write the file again and upload it.",
    Number.isInteger(line) ? { line } : {},
  );
}

async function loadCsv(connection: DuckDBConnection, file: string, table: string): Promise<void> {
  const shape = await scanCsv(file);
  await connection.run(
    `CREATE TABLE ${quoteName(table)} AS SELECT * FROM read_csv(${quoteText(file)}, delim = ${quoteText(shape.delimiter)}, quote = '"', escape = '"', header = true, skip = 0, sample_size = -1, all_varchar = false, null_padding = false, strict_mode = true, nullstr = '', allow_quoted_nulls = false, normalize_names = false, compression = 'none')`,
  );
  const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${quoteName(table)}`);
  if (row?.[0] !== shape.rowCount) {
    refuse(
      "row_count",
      `The file holds ${shape.rowCount} rows, but ${String(row?.[0])} could be read.`,
      "Write the file again with a header line, one kind of line end, and no blank lines.",
    );
  }
}

async function checkParquet(connection: DuckDBConnection, file: string): Promise<Set<string>> {
  const rows = await rowsOf(
    connection,
    `SELECT name, num_children, repetition_type FROM parquet_schema(${quoteText(file)})`,
  );
  const required = new Set<string>();
  const names: string[] = [];
  let at = 1;
  const skip = (index: number): number => {
    let next = index + 1;
    for (let left = Number(rows[index]?.[1] ?? 0); left > 0; left -= 1) next = skip(next);
    return next;
  };
  while (at < rows.length) {
    const name = String(rows[at]?.[0]);
    names.push(name);
    if (rows[at]?.[2] === "REQUIRED") required.add(name);
    at = skip(at);
  }
  if (names.length === 0)
    refuse("no_columns", "The Parquet file has no columns.", "Write a table with at least one column.");
  checkColumnNames(names);
  return required;
}

/** Loads a file into `table`. @throws TableRefused when it is no table, with line and column where there are such */
export async function loadTable(
  connection: DuckDBConnection,
  file: string,
  format: TableFormat,
  table: string,
): Promise<TableColumn[]> {
  try {
    const required = format === "parquet" ? await checkParquet(connection, file) : new Set<string>();
    if (format === "csv") await loadCsv(connection, file, table);
    else {
      await connection.run(
        `CREATE TABLE ${quoteName(table)} AS SELECT * FROM read_parquet(${quoteText(file)})`,
      );
    }
    const described = await rowsOf(connection, `DESCRIBE ${quoteName(table)}`);
    return described.map(([name, engineType]) => ({
      name: String(name),
      engineType: String(engineType),
      type: logicalTypeOf(String(engineType)),
      nullable: !required.has(String(name)),
    }));
  } catch (error) {
    return tell(error, format);
  }
}
