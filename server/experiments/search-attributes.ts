import { sql, type AnyColumn, type SQL } from "drizzle-orm";
import { invalid } from "@/server/core/errors";
import type { Comparison, OrderTerm } from "./search-filter";
import { compare, compareText } from "./search-sql";

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
  const named = kind === "attribute" ? key : `${kind}s.${key}`;
  throw invalid(
    `Invalid filter: ${what} have no attribute "${named}".`,
    `Use one of ${Object.keys(table).join(", ")}.`,
  );
}

/** A comparison of an attribute. @throws AppError `invalid` for an unknown name or a value of another kind */
export function attributeCondition(what: string, table: AttributeTable, comparison: Comparison): SQL {
  const { column, type } = attributeOf(what, table, comparison.kind, comparison.key);
  if (type === "number" && typeof comparison.value !== "number")
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
  const { column } = attributeOf(what, table, term.kind, term.key);
  return term.descending ? sql`${column} desc nulls last` : sql`${column} asc nulls last`;
}
