import type { DuckDBConnection, Json } from "@duckdb/node-api";
import { rowsOf } from "./rows";
import { quoteName, quoteText } from "./logical-type";

/** What the values of a text column are, by rules of our own: nothing is narrowed, and what could be read in two ways stays text. */
export interface DecidedType {
  engineType: string;
  /** Why it is this and not what one might expect. */
  remark: string | null;
}

const INTEGER = "[+-]?(0|[1-9][0-9]*)";
const NUMBER = String.raw`[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?`;
const NOT_FINITE = "[+-]?([nN]a[nN]|NAN|[iI]nf(inity)?|INF(INITY)?)";
const DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const CLOCK = String.raw`([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?`;
const ZONE = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)";
const SLASHED = "[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{2}|[0-9]{4})";

/** Queries stay of a size that the engine plans quickly. */
const COLUMNS_AT_ONCE = 25;
/** More digits than a double is ever printed with for its own sake. */
const MOST_DIGITS = 40;

type Flags = Record<
  | "present"
  | "integers"
  | "numbers"
  | "finite"
  | "booleans"
  | "dates"
  | "stamps"
  | "zoned"
  | "times"
  | "zeros"
  | "slashed",
  boolean
>;

/** True where every value matches; the empty text that a quoted nothing is counts as missing. */
const all = (column: string, condition: string) =>
  `coalesce(bool_and(${condition}) FILTER (WHERE ${column} <> ''), false)`;
const matches = (column: string, pattern: string) => `regexp_full_match(${column}, ${quoteText(pattern)})`;
const spaced = (pattern: string) => ` *(${pattern}) *`;

function flagsSql(id: string): string[] {
  const column = quoteName(id);
  const every = (pattern: string) => all(column, matches(column, pattern));
  const castable = (pattern: string, type: string) =>
    all(column, `${matches(column, pattern)} AND TRY_CAST(${column} AS ${type}) IS NOT NULL`);
  return [
    `count(*) FILTER (WHERE ${column} <> '') > 0`,
    every(spaced(INTEGER)),
    every(spaced(`${NUMBER}|${NOT_FINITE}`)),
    `count(*) FILTER (WHERE ${matches(column, spaced(NUMBER))}) > 0`,
    every("true|false|True|False|TRUE|FALSE"),
    castable(DAY, "DATE"),
    castable(`${DAY}[ T]${CLOCK}`, "TIMESTAMP"),
    castable(`${DAY}[ T]${CLOCK}${ZONE}`, "TIMESTAMPTZ"),
    castable(String.raw`([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?`, "TIME"),
    all(column, matches(column, spaced("[+-]?[0-9]+"))),
    every(SLASHED),
  ];
}

async function flagsOf(
  connection: DuckDBConnection,
  table: string,
  ids: readonly string[],
): Promise<Map<string, Flags>> {
  const found = new Map<string, Flags>();
  for (let from = 0; from < ids.length; from += COLUMNS_AT_ONCE) {
    const some = ids.slice(from, from + COLUMNS_AT_ONCE);
    const [row = []] = await rowsOf(
      connection,
      `SELECT ${some.flatMap(flagsSql).join(", ")} FROM ${quoteName(table)}`,
    );
    const each = row.length / some.length;
    for (const [at, id] of some.entries()) found.set(id, flagsFrom(row.slice(at * each, (at + 1) * each)));
  }
  return found;
}

function flagsFrom(values: readonly Json[]): Flags {
  const is = (at: number) => values[at] === true;
  return {
    present: is(0),
    integers: is(1),
    numbers: is(2),
    finite: is(3),
    booleans: is(4),
    dates: is(5),
    stamps: is(6),
    zoned: is(7),
    times: is(8),
    zeros: is(9),
    slashed: is(10),
  };
}

/**
 * SQL: whether a double says all that a number's text says. Up to 15 significant digits it does; with more, where the double printed with
 * as many digits gives the same ones. Below the normal range fewer digits are kept, so these are compared, too.
 */
function isDouble(column: string): string {
  const text = `lower(trim(${column}))`;
  const digits = `ltrim(replace(regexp_extract(${text}, '^[+-]?([0-9.]+)', 1), '.', ''), '0')`;
  const value = `TRY_CAST(${text} AS DOUBLE)`;
  const printed = `replace(split_part(format('{:.' || (length(${digits}) - 1)::VARCHAR || 'e}', abs(${value})), 'e', 1), '.', '')`;
  return `CASE WHEN NOT ${matches(column, spaced(NUMBER))} OR ${digits} = '' THEN true
    WHEN ${value} IS NULL OR NOT isfinite(${value}) OR ${value} = 0 OR length(${digits}) > ${MOST_DIGITS} THEN false
    WHEN length(${digits}) <= 15 AND abs(${value}) >= 2.3e-308 THEN true
    ELSE ${printed} = ${digits} END`;
}

const TOO_LONG =
  "Text, although all values are numbers: some have more digits, or a greater exponent, than a number can hold exactly.";

/** The narrowest kind of number that holds every value exactly. */
async function numberType(
  connection: DuckDBConnection,
  table: string,
  id: string,
  flags: Flags,
): Promise<DecidedType> {
  const column = quoteName(id);
  const fits = (type: string) => all(column, `TRY_CAST(trim(${column}) AS ${type}) IS NOT NULL`);
  const text = `trim(${column})`;
  const whole = `length(regexp_extract(${text}, '^[+-]?([0-9]*)', 1))`;
  const scale = String.raw`length(regexp_extract(${text}, '\.([0-9]*)$', 1))`;
  const plain = all(column, matches(column, spaced(String.raw`[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`)));
  const [row = []] = await rowsOf(
    connection,
    `SELECT ${fits("BIGINT")}, ${fits("HUGEINT")}, ${all(column, isDouble(column))}, ${plain},
      coalesce(max(${whole}) FILTER (WHERE ${column} <> ''), 0)::DOUBLE, coalesce(max(${scale}) FILTER (WHERE ${column} <> ''), 0)::DOUBLE
    FROM ${quoteName(table)}`,
  );
  const [bigint, hugeint, double, isPlain, wholeDigits, scaleDigits] = row;
  if (flags.integers && bigint === true) return { engineType: "BIGINT", remark: null };
  if (flags.integers && hugeint === true) return { engineType: "HUGEINT", remark: null };
  if (flags.integers) return { engineType: "VARCHAR", remark: TOO_LONG };
  if (double === true) return { engineType: "DOUBLE", remark: null };
  const [before, after] = [Number(wholeDigits), Number(scaleDigits)];
  if (isPlain === true && before + after <= 38)
    return { engineType: `DECIMAL(${Math.max(1, before + after)},${after})`, remark: null };
  return { engineType: "VARCHAR", remark: TOO_LONG };
}

/** Times finer than a microsecond need the type that holds them; with a zone there is none. */
async function stampType(
  connection: DuckDBConnection,
  table: string,
  id: string,
  flags: Flags,
): Promise<DecidedType> {
  const column = quoteName(id);
  const [row] = await rowsOf(
    connection,
    `SELECT count(*) FILTER (WHERE regexp_matches(${column}, ${quoteText(String.raw`\.[0-9]{7,9}`)})) > 0, ${all(column, `TRY_CAST(${column} AS TIMESTAMP_NS) IS NOT NULL`)} FROM ${quoteName(table)}`,
  );
  const [isFine, inRange] = row ?? [];
  if (isFine !== true) return { engineType: flags.zoned ? "TIMESTAMPTZ" : "TIMESTAMP", remark: null };
  if (!flags.zoned && inRange === true) return { engineType: "TIMESTAMP_NS", remark: null };
  const why = flags.zoned ? "with a zone" : "before 1678 or after 2261";
  return {
    engineType: "VARCHAR",
    remark: `Text, although all values are times: ${why}, times finer than a microsecond cannot be kept.`,
  };
}

const asIs = (engineType: string, remark: string | null = null): DecidedType => ({ engineType, remark });

/** Decides the type of each text column of a loaded table. */
export async function decideTypes(
  connection: DuckDBConnection,
  table: string,
  ids: readonly string[],
): Promise<Map<string, DecidedType>> {
  const decided = new Map<string, DecidedType>();
  for (const [id, flags] of await flagsOf(connection, table, ids)) {
    if (!flags.present) decided.set(id, asIs("VARCHAR"));
    else if (flags.booleans) decided.set(id, asIs("BOOLEAN"));
    else if (flags.numbers && flags.finite) decided.set(id, await numberType(connection, table, id, flags));
    else if (flags.dates) decided.set(id, asIs("DATE"));
    else if (flags.stamps || flags.zoned) decided.set(id, await stampType(connection, table, id, flags));
    else if (flags.times) decided.set(id, asIs("TIME"));
    else if (flags.zeros)
      decided.set(
        id,
        asIs("VARCHAR", "Text, although all values are digits: some begin with 0, as codes do."),
      );
    else if (flags.slashed)
      decided.set(
        id,
        asIs(
          "VARCHAR",
          "Text: these look like dates, but the file does not say whether day or month comes first.",
        ),
      );
    else decided.set(id, asIs("VARCHAR"));
  }
  return decided;
}

/** SQL: a text column's value as the decided type. */
export function typedValue(id: string, { engineType }: DecidedType): string {
  const column = quoteName(id);
  if (engineType === "VARCHAR") return `${column} AS ${column}`;
  // A writer that quotes everything quotes what is missing, too.
  return `CAST(nullif(trim(${column}), '') AS ${engineType}) AS ${column}`;
}
