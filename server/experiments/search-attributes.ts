import { sql, type AnyColumn, type SQL } from "drizzle-orm";
import { int64Of } from "@/server/core/int64";
import { invalid } from "@/server/core/errors";
import type { Comparison, OrderTerm } from "./search-filter";
import { compare, compareText, refuseNull, unknownAttribute } from "./search-sql";

export interface Attribute {
  column: AnyColumn | SQL;
  type: "text" | "number";
}
/** What may stand on the left side of a comparison without a prefix, by its name in MLflow's grammar. */
export type AttributeTable = Readonly<Record<string, Attribute>>;

export const textAttribute = (column: AnyColumn | SQL): Attribute => ({ column, type: "text" });
export const numberAttribute = (column: AnyColumn | SQL): Attribute => ({ column, type: "number" });
/** A time column as the epoch milliseconds in which the grammar speaks of it. */
export const millisAttribute = (column: AnyColumn | SQL): Attribute =>
  numberAttribute(sql`(extract(epoch from ${column}) * 1000)`);

const TEXT_OPERATORS = new Set(["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"]);

function attributeOf(what: string, table: AttributeTable, kind: string, key: string): Attribute {
  const found = kind === "attribute" && Object.hasOwn(table, key) ? table[key] : undefined;
  if (found) return found;
  if (kind === "attribute") throw unknownAttribute(key, Object.keys(table));
  const named = `${kind}s.${key}`;
  throw invalid(
    `Invalid filter: ${what} have no attribute "${named}".`,
    `Use one of ${Object.keys(table).join(", ")}.`,
  );
}

const WHOLE = /^\d{1,18}$/;

/** Numbers may stand in quotes, as MLflow's ids and version numbers do. */
function inNumbers(comparison: Comparison): Comparison {
  const { value, operator } = comparison;
  if (Array.isArray(value) && value.every((each) => WHOLE.test(each))) return comparison;
  if (typeof value !== "string" || !WHOLE.test(value) || operator.endsWith("LIKE")) return comparison;
  return { ...comparison, value: int64Of(value) };
}

/** A comparison of an attribute. @throws AppError `invalid` for an unknown name or a value of another kind */
export function attributeCondition(what: string, table: AttributeTable, given: Comparison): SQL {
  const { column, type } = attributeOf(what, table, given.kind, given.key);
  refuseNull(given);
  const comparison = type === "number" ? inNumbers(given) : given;
  if (type === "number" && typeof comparison.value === "string")
    throw invalid(`Invalid filter: ${comparison.key} is a number.`, "Compare it with a number, unquoted.");
  if (type === "text" && !TEXT_OPERATORS.has(comparison.operator))
    throw invalid(
      `Invalid filter: ${comparison.key} is text, which ${comparison.operator} cannot compare.`,
      "Use =, !=, LIKE, ILIKE or IN.",
    );
  return type === "text" ? compareText(column, comparison) : compare(column, comparison);
}

/** One term of an order, what is missing last. @throws AppError `invalid` for an unknown name */
export function attributeOrder(what: string, table: AttributeTable, term: OrderTerm): SQL {
  const { column: of, type } = attributeOf(what, table, term.kind, term.key);
  const column = type === "text" ? sql`${of} collate "C"` : of;
  return term.descending ? sql`${column} desc nulls last` : sql`${column} asc nulls last`;
}
