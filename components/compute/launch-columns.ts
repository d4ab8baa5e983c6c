import { formatCount } from "@/components/common/format";
import type { TemplateParameter } from "@/server/compute/schemas";

/** A column of the chosen table. */
export interface TableColumn {
  name: string;
  /** How many different values it has; null where nobody counted. */
  distinct: number | null;
}

type Text = Extract<TemplateParameter, { type: "string" }>;

export const namesOf = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

const fits = (parameter: Text, column: TableColumn) =>
  parameter.distinct === undefined || column.distinct === null || column.distinct === parameter.distinct;

/**
 * What a field of columns holds when another table is chosen: what is still there. A column that is gone leaves the field empty, or gives
 * way to the only one that can take its place.
 */
export function columnsAfter(parameter: Text, value: string, columns: readonly TableColumn[]): string {
  const has = (name: string) => columns.some((column) => column.name === name);
  if (parameter.columnsOf !== undefined) return namesOf(value).filter(has).join(",");
  if (has(value)) return value;
  const fitting = parameter.distinct === undefined ? [] : columns.filter((column) => fits(parameter, column));
  return fitting.length === 1 ? (fitting[0]?.name ?? "") : "";
}

/** Why the chosen columns cannot be what the template needs, in words, before a job finds out. */
export function columnProblem(
  parameter: Text,
  value: string,
  columns: readonly TableColumn[],
): string | undefined {
  for (const name of namesOf(value)) {
    const column = columns.find((each) => each.name === name);
    if (!column) return `The table has no column ${name}.`;
    if (!fits(parameter, column))
      return `${name} has ${formatCount(column.distinct ?? 0, "different value")}; the template needs ${parameter.distinct}.`;
  }
  return undefined;
}

/** Of a name that follows the dataset: the dataset's, or the template's own without one. */
export const nameAfter = (parameter: Text, slug: string | undefined): string => slug ?? parameter.default;
