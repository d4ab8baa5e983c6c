/** Integers of any width are one logical type, as are floats: the same table from CSV and Parquet has the same content. */
export function logicalTypeOf(engineType: string): string {
  const type = engineType.toUpperCase();
  if (/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type)) return "integer";
  if (type === "FLOAT" || type === "DOUBLE") return "float";
  const decimal = /^DECIMAL\(\d+,\s*(\d+)\)$/.exec(type);
  if (decimal) return `decimal(${decimal[1]})`;
  if (type === "VARCHAR" || type.startsWith("ENUM("))
    return type.endsWith("[]") ? `nested ${engineType}` : "string";
  const simple: Record<string, string> = {
    BOOLEAN: "boolean",
    BLOB: "bytes",
    DATE: "date",
    TIME: "time",
    TIMESTAMP: "timestamp",
    TIMESTAMP_S: "timestamp",
    TIMESTAMP_MS: "timestamp",
    TIMESTAMP_NS: "timestamp_ns",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    UUID: "uuid",
    INTERVAL: "interval",
  };
  return simple[type] ?? `nested ${engineType}`;
}

export const quoteName = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const isNumeric = (type: string) =>
  type === "integer" || type === "float" || type === "duration" || type.startsWith("decimal");
export const isTemporal = (type: string) => type === "date" || type.startsWith("timestamp");
