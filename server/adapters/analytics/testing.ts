import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { answer } from "./inspector/answer";
import { loadTable, openEngine, type EngineColumn, type Readable } from "./inspector/engine";
import { quoteName } from "./inspector/logical-type";
import { profileTable } from "./inspector/profile";
import { fileOf, readable } from "./inspector/readable";
import { rowsOf } from "./inspector/rows";
import { contentDigestOf } from "./inspector/table-digest";
import { TableRefused } from "./port";
import {
  InspectorAnswer,
  type ColumnProfile,
  type Inspection,
  type Reading,
  type TableColumn,
} from "./schemas";

export interface TableHere {
  columns: TableColumn[];
  profile: ColumnProfile[];
  text: Reading["text"];
  /** Every value as text; times as nanoseconds since 1970. */
  rows: (string | null)[][];
}

const MEMORY = 256 * 1024 * 1024;

/** Loads a file as the inspecting process does, within this one: a process for each of thousands of files takes too long. */
async function loadedHere<T>(
  file: string,
  { scratch, headerLine = 1 }: { scratch: string; headerLine?: number },
  work: (connection: DuckDBConnection, columns: EngineColumn[], source: Readable) => Promise<T>,
): Promise<T> {
  const source = await readable(file, { scratch, name: "t", headerLine });
  const { connection, close } = await openEngine(scratch, MEMORY, [fileOf(source)]);
  try {
    return await work(connection, await loadTable(connection, source, "t"), source);
  } finally {
    close();
  }
}

/** What an inspecting process answers, from within this one. @throws TableRefused */
export async function inspectHere(file: string, headerLine?: number): Promise<Inspection> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "inspect-here-"));
  try {
    const request = { op: "inspect" as const, file, scratch, headerLine, memoryBytes: 2 * MEMORY };
    const answered = InspectorAnswer.parse(JSON.parse(JSON.stringify(await answer(request))));
    if (answered.status === "refused") throw new TableRefused(answered.failure);
    if (answered.status === "compared") throw new Error("An inspection was answered by a comparison.");
    return answered.inspection;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The columns of a file and the digest of its content. */
export const digestHere = (file: string, scratch: string) =>
  loadedHere(file, { scratch }, async (connection, columns) => ({
    columns: columns.map(({ name, type }) => ({ name, type })),
    contentDigest: await contentDigestOf(connection, "t", columns),
  }));

/** The columns, the profile and every value of a file. */
export const readHere = (file: string, scratch: string, headerLine: number): Promise<TableHere> =>
  loadedHere(file, { scratch, headerLine }, async (connection, columns, source) => {
    const profile = await profileTable(connection, "t", columns);
    const texts = columns.map(({ id, type }) => {
      const name = quoteName(id);
      const value = type === "date" ? `CAST(${name} AS TIMESTAMP)` : name;
      return type === "date" || type.startsWith("timestamp")
        ? `CAST(epoch_ns(${value}) AS VARCHAR)`
        : `CAST(${name} AS VARCHAR)`;
    });
    const rows = await rowsOf(connection, `SELECT ${texts.join(", ")} FROM t ORDER BY rowid`);
    return {
      columns: columns.map((column, at) => ({ ...column, nullable: (profile[at]?.nulls ?? 0) > 0 })),
      profile,
      text:
        source.format === "csv"
          ? {
              delimiter: source.text.shape.delimiter,
              encoding: source.text.encoding,
              headerLine: source.text.headerLine,
            }
          : undefined,
      rows: rows.map((row) => row.map((cell) => (cell === null || cell === undefined ? null : String(cell)))),
    };
  });
