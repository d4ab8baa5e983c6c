import { and, inArray, notInArray, sql, type AnyColumn, type SQL } from "drizzle-orm";
import { runInputs, runLatestMetrics, runParams, runs, runTags } from "@/db/schema";
import { invalid } from "@/server/core/errors";
import type { Int64 } from "@/server/core/int64";
import type { Comparison, OrderTerm } from "./search-filter";

const refuse = (what: string) =>
  invalid(`Invalid filter: ${what}.`, "See the search syntax in the documentation.");

const isNumber = (value: Comparison["value"]): value is Int64 =>
  typeof value === "number" || typeof value === "bigint";

/** A name without a prefix that is no attribute: scripts mostly mean a metric, but MLflow takes it for an attribute. */
export const unknownAttribute = (key: string, known: readonly string[]) =>
  invalid(
    `Invalid attribute key '${key}' specified. Valid keys are '${known.join("', '")}'.`,
    `Write metrics.${key}, params.${key} or tags.${key} if it is one of those.`,
  );

/** @throws AppError `invalid` where MLflow knows no missing values either */
export function refuseNull({ kind, key, operator }: Comparison): void {
  if (!operator.endsWith("NULL")) return;
  throw invalid(
    `IS NULL / IS NOT NULL is only supported for tags and params, not for '${kind}' '${key}'`,
    "Ask for a tag or a parameter, such as tags.reviewed IS NULL.",
  );
}

/** Compares a column as the grammar says: numbers numerically, LIKE with case, ILIKE without. */
export function compare(column: AnyColumn | SQL, { operator, value, key }: Comparison): SQL {
  if (operator === "IS NULL") return sql`${column} is null`;
  if (operator === "IS NOT NULL" || value === null) return sql`${column} is not null`;
  if (operator === "IN" || operator === "NOT IN") {
    if (!Array.isArray(value)) throw refuse(`${key} ${operator} wants a list`);
    return operator === "IN" ? inArray(column as AnyColumn, value) : notInArray(column as AnyColumn, value);
  }
  if (Array.isArray(value)) throw refuse(`${key} ${operator} wants one value`);
  if (typeof value === "number" || typeof value === "bigint") {
    if (operator === "LIKE" || operator === "ILIKE") throw refuse(`${key} ${operator} wants text`);
    const sign = sql.raw(operator === "!=" ? "<>" : operator);
    // So that a number beyond the column's own range is compared, not refused by the database; whole ones to the last digit.
    return typeof value === "bigint"
      ? sql`${column} ${sign} ${String(value)}::numeric`
      : sql`${column} ${sign} ${value}::float8`;
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
      // A backslash is itself, as in MLflow on its own database.
      return sql`${column} like ${value} escape ''`;
    default:
      return sql`${column} ilike ${value} escape ''`;
  }
}

/** As `compare`, for a column of text. @throws AppError `invalid` for a number, which the database could not compare with it */
export function compareText(column: AnyColumn | SQL, comparison: Comparison): SQL {
  const { kind, key, value } = comparison;
  if (typeof value !== "number" && typeof value !== "bigint") return compare(column, comparison);
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
  if (!column)
    throw unknownAttribute(key, [...Object.keys(TEXT_ATTRIBUTES), ...Object.keys(NUMBER_ATTRIBUTES)]);
  return column;
}

function condition(comparison: Comparison): SQL {
  const { kind, key } = comparison;
  if (kind === "metric") {
    refuseNull(comparison);
    if (!isNumber(comparison.value)) throw refuse(`metric ${key} wants a number`);
    return sql`exists (select 1 from ${runLatestMetrics} where ${runLatestMetrics.runId} = ${runs.id} and ${runLatestMetrics.key} = ${key} and not ${runLatestMetrics.isNan} and ${compare(runLatestMetrics.value, comparison)})`;
  }
  const isAbsent = comparison.operator === "IS NULL";
  if (kind === "param") {
    const found = sql`select 1 from ${runParams} where ${runParams.runId} = ${runs.id} and ${runParams.key} = ${key}`;
    return isAbsent
      ? sql`not exists (${found})`
      : sql`exists (${found} and ${compareText(runParams.value, comparison)})`;
  }
  if (kind === "tag") {
    const found = sql`select 1 from ${runTags} where ${runTags.runId} = ${runs.id} and ${runTags.key} = ${key}`;
    return isAbsent
      ? sql`not exists (${found})`
      : sql`exists (${found} and ${compareText(runTags.value, comparison)})`;
  }
  refuseNull(comparison);
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
  if (!isNumber(comparison.value)) throw refuse(`${key} wants a number (epoch milliseconds)`);
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
