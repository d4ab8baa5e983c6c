import { DataType, RecordBatchReader, TimeUnit, type Field } from "apache-arrow";

export type DurationUnit = "s" | "ms" | "us" | "ns";

export const DURATION_NANOS: Readonly<Record<DurationUnit, number>> = {
  s: 1_000_000_000,
  ms: 1_000_000,
  us: 1_000,
  ns: 1,
};

const UNITS: Readonly<Record<TimeUnit, DurationUnit>> = {
  [TimeUnit.SECOND]: "s",
  [TimeUnit.MILLISECOND]: "ms",
  [TimeUnit.MICROSECOND]: "us",
  [TimeUnit.NANOSECOND]: "ns",
};

function unitsIn(field: Field): DurationUnit[] {
  const type: DataType = field.type;
  if (DataType.isDuration(type)) return [UNITS[type.unit]];
  return (type.children ?? []).flatMap(unitsIn);
}

/**
 * The units of durations in each of a Parquet file's columns. Parquet has no type for them: writers of the Arrow family keep the table's
 * own schema beside, an IPC message in base64. What cannot be read as such, or speaks of another number of columns, says nothing.
 */
export function durationUnits(arrowSchema: unknown, columnCount: number): readonly DurationUnit[][] {
  if (typeof arrowSchema !== "string") return [];
  try {
    const { fields } = RecordBatchReader.from(Buffer.from(arrowSchema, "base64")).open().schema;
    return fields.length === columnCount ? fields.map(unitsIn) : [];
  } catch {
    // Some writers leave out a schema that we can read; the columns are then what Parquet says they are.
    return [];
  }
}
