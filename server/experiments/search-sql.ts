import { and, inArray, notInArray, sql, type AnyColumn, type SQL } from "drizzle-orm";
import { runInputs, runLatestMetrics, runParams, runs, runTags } from "@/db/schema";
import { invalid } from "@/server/core/errors";
import type { Comparison, OrderTerm } from "./search-filter";

const refuse = (what: string) =>
  invalid(`Invalid filter: ${what}.`, "See the search syntax in the documentation.");

/** Compares a column as the grammar says: numbers numerically, LIKE with case, ILIKE without. */
export function compare(column: AnyColumn | SQL, { operator, value, key }: Comparison): SQL {
  if (operator === "IN" || operator === "NOT IN") {
    if (!Array.isArray(value)) throw refuse(`${key} ${operator} wants a list`);
    return operator === "IN" ? inArray(column as AnyColumn, value) : notInArray(column as AnyColumn, value);
  }
  if (Array.isArray(value)) throw refuse(`${key} ${operator} wants one value`);
  if (typeof value === "number") {
    if (operator === "LIKE" || operator === "ILIKE") throw refuse(`${key} ${operator} wants text`);
    // As float8, so that a number beyond the column's own range is compared, not refused by the database.
    return sql`${column} ${sql.raw(operator === "!=" ? "<>" : operator)} ${value}::float8`;
  }
  switch (operator) {
    case "=":
      return sql`${column} = ${value}`;
    case "!=":
      return sql`${column} <> ${value}`;
    case ">":
      return sql`${column} > ${value}`;
    case ">=":
      return sql`${column} >= ${value}`;
    case "<":
      return sql`${column} < ${value}`;
    case "<=":
      return sql`${column} <= ${value}`;
    case "LIKE":
      return sql`${column} like ${String(value)}`;
    default:
      return sql`${column} ilike ${String(value)}`;
  }
}

/** As `compare`, for a column of text. @throws AppError `invalid` for a number, which the database could not compare with it */
export function compareText(column: AnyColumn | SQL, comparison: Comparison): SQL {
  const { kind, key, value } = comparison;
  if (typeof value !== "number") return compare(column, comparison);
  throw refuse(`${kind === "attribute" ? "" : `${kind} `}${key} is text: quote the value`);
}

const TEXT_ATTRIBUTES: Record<string, AnyColumn | SQL> = {
  run_id: runs.id,
  run_name: runs.name,
  "run name": runs.name,
  user_id: runs.userName,
  status: runs.status,
  artifact_uri: sql`('mlflow-artifacts:/' || ${runs.experimentId} || '/' || ${runs.id} || '/artifacts')`,
};
const NUMBER_ATTRIBUTES: Record<string, AnyColumn> = {
  start_time: runs.startMs,
  created: runs.startMs,
  end_time: runs.endMs,
};

function attribute(key: string): AnyColumn | SQL {
  const column = TEXT_ATTRIBUTES[key] ?? NUMBER_ATTRIBUTES[key];
  if (!column) throw refuse(`runs have no attribute "${key}"`);
  return column;
}

function condition(comparison: Comparison): SQL {
  const { kind, key } = comparison;
  if (kind === "metric") {
    if (typeof comparison.value !== "number") throw refuse(`metric ${key} wants a number`);
    return sql`exists (select 1 from ${runLatestMetrics} where ${runLatestMetrics.runId} = ${runs.id} and ${runLatestMetrics.key} = ${key} and not ${runLatestMetrics.isNan} and ${compare(runLatestMetrics.value, comparison)})`;
  }
  if (kind === "param") {
    return sql`exists (select 1 from ${runParams} where ${runParams.runId} = ${runs.id} and ${runParams.key} = ${key} and ${compareText(runParams.value, comparison)})`;
  }
  if (kind === "tag") {
    return sql`exists (select 1 from ${runTags} where ${runTags.runId} = ${runs.id} and ${runTags.key} = ${key} and ${compareText(runTags.value, comparison)})`;
  }
  if (kind === "dataset") {
    const column =
      key === "name"
        ? runInputs.name
        : key === "digest"
          ? runInputs.digest
          : sql`${runInputs.tags} ->> 'mlflow.data.context'`;
    return sql`exists (select 1 from ${runInputs} where ${runInputs.runId} = ${runs.id} and ${compareText(column, comparison)})`;
  }
  if (!(key in NUMBER_ATTRIBUTES)) return compareText(attribute(key), comparison);
  if (typeof comparison.value !== "number") throw refuse(`${key} wants a number (epoch milliseconds)`);
  return compare(attribute(key), comparison);
}

/** WHERE of a run search; metrics are compared at their latest value. */
export const runConditions = (comparisons: readonly Comparison[]): SQL | undefined =>
  and(...comparisons.map(condition));

/** A text as orders have it: by the bytes of its beginning, as an index of run_params holds it. */
export const byBytes = (text: AnyColumn | SQL): SQL => sql`left(${text}, 256) collate "C"`;

/** What an order by an attribute goes by. @throws AppError `invalid` for an unknown name */
export const attributeOf = (key: string) => ({ column: attribute(key), isText: !(key in NUMBER_ATTRIBUTES) });

/** Whether a term is the order that ties have anyway. */
export const isNewestFirst = ({ kind, key, descending }: OrderTerm): boolean =>
  kind === "attribute" && descending && NUMBER_ATTRIBUTES[key] === runs.startMs;
