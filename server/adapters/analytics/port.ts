import type { Inspection, InspectionFailure, TableDiff, TableFormat } from "./schemas";

/** A file that is no table we can register; told in the user's words. Trying again gives the same. */
export class TableRefused extends Error {
  override readonly name = "TableRefused";
  readonly failure: InspectionFailure;
  constructor(failure: InspectionFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The inspecting process ended without an answer (killed, crashed, out of time). Trying again may help. */
export class InspectorLost extends Error {
  override readonly name = "InspectorLost";
}

export interface StoredTable {
  /** A read-only file on this machine. */
  file: string;
  format: TableFormat;
  /** The line of a CSV file that names the columns, from 1. */
  headerLine?: number;
}

/** Reads tables in a process of its own, with bounded memory and no way to the network or to other files. */
export interface Analytics {
  /** Schema, exact profile, preview and content digest of a CSV or Parquet file. Errors: TableRefused, InspectorLost. */
  inspect(file: string, headerLine?: number): Promise<Inspection>;
  /** What changed between two tables. Errors: TableRefused, InspectorLost. */
  diff(before: StoredTable, after: StoredTable): Promise<TableDiff>;
}
