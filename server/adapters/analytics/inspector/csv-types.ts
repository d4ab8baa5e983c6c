import type { DuckDBConnection, Json } from "@duckdb/node-api";
import { inGroups } from "./in-groups";
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

/** More digits than a double is ever printed with for its own sake. */
const MOST_DIGITS = 40;

const asIs = (engineType: string, remark: string | null = null): DecidedType => ({ engineType, remark });

/** The one column of `ofEach`'s rows that holds values. */
const V = "v";
/** True where every value matches. */
const all = (condition: string) => `bool_and(${condition})`;
const matches = (pattern: string) => `regexp_full_match(${V}, ${quoteText(pattern)})`;
const spaced = (pattern: string) => ` *(${pattern}) *`;
const every = (pattern: string) => all(matches(pattern));
const castable = (pattern: string, type: string) =>
  all(`${matches(pattern)} AND TRY_CAST(${V} AS ${type}) IS NOT NULL`);

/**
 * Asks the same of each column: aggregates over its values, by column. Columns without values are left out; the empty text that a quoted
 * nothing is counts as missing. One query for all, since the engine compiles each pattern once a query.
 */
async function ofEach<Name extends string>(
  connection: DuckDBConnection,
  table: string,
  ids: readonly string[],
  ask: Record<Name, string>,
): Promise<Map<string, Record<Name, Json>>> {
  if (ids.length === 0) return new Map();
  const names = Object.keys(ask) as Name[];
  const rows = await rowsOf(
    connection,
    `SELECT id, ${names.map((name) => ask[name]).join(", ")}
    FROM (UNPIVOT ${quoteName(table)} ON ${ids.map(quoteName).join(", ")} INTO NAME id VALUE ${V}) WHERE ${V} <> '' GROUP BY id`,
  );
  return new Map(
    rows.map(([id, ...answers]) => [
      String(id),
      Object.fromEntries(names.map((name, at) => [name, answers[at] ?? null])) as Record<Name, Json>,
    ]),
  );
}

const FLAGS = {
  integers: every(spaced(INTEGER)),
  numbers: every(spaced(`${NUMBER}|${NOT_FINITE}`)),
  finite: `bool_or(${matches(spaced(NUMBER))})`,
  booleans: every("true|false|True|False|TRUE|FALSE"),
  dates: castable(DAY, "DATE"),
  stamps: castable(`${DAY}[ T]${CLOCK}`, "TIMESTAMP"),
  zoned: castable(`${DAY}[ T]${CLOCK}${ZONE}`, "TIMESTAMPTZ"),
  times: castable(String.raw`([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?`, "TIME"),
  zeros: every(spaced("[+-]?[0-9]+")),
  slashed: every(SLASHED),
};
type Flags = Record<keyof typeof FLAGS, Json>;

/**
 * SQL: whether a double says all that a number's text says. Up to 15 significant digits it does; with more, where the double printed with
 * as many digits gives the same ones. Below the normal range fewer digits are kept, so these are compared, too.
 */
function isDouble(): string {
  const text = `lower(trim(${V}))`;
  const digits = `ltrim(replace(regexp_extract(${text}, '^[+-]?([0-9.]+)', 1), '.', ''), '0')`;
  const value = `TRY_CAST(${text} AS DOUBLE)`;
  const printed = `replace(split_part(format('{:.' || (length(${digits}) - 1)::VARCHAR || 'e}', abs(${value})), 'e', 1), '.', '')`;
  return `CASE WHEN NOT ${matches(spaced(NUMBER))} OR ${digits} = '' THEN true
    WHEN ${value} IS NULL OR NOT isfinite(${value}) OR ${value} = 0 OR length(${digits}) > ${MOST_DIGITS} THEN false
    WHEN length(${digits}) <= 15 AND abs(${value}) >= 2.3e-308 THEN true
    ELSE ${printed} = ${digits} END`;
}

const fits = (type: string) => all(`TRY_CAST(trim(${V}) AS ${type}) IS NOT NULL`);
const NUMBERS = {
  bigint: fits("BIGINT"),
  hugeint: fits("HUGEINT"),
  double: all(isDouble()),
  plain: every(spaced(String.raw`[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`)),
  before: `max(length(regexp_extract(trim(${V}), '^[+-]?([0-9]*)', 1)))::DOUBLE`,
  after: String.raw`max(length(regexp_extract(trim(${V}), '\.([0-9]*)$', 1)))::DOUBLE`,
};

const TOO_LONG =
  "Text, although all values are numbers: some have more digits, or a greater exponent, than a number can hold exactly.";

/** The narrowest kind of number that holds every value exactly. */
function numberType(flags: Flags, found: Record<keyof typeof NUMBERS, Json>): DecidedType {
  if (flags.integers === true && found.bigint === true) return asIs("BIGINT");
  if (flags.integers === true && found.hugeint === true) return asIs("HUGEINT");
  if (flags.integers === true) return asIs("VARCHAR", TOO_LONG);
  if (found.double === true) return asIs("DOUBLE");
  const [before, after] = [Number(found.before), Number(found.after)];
  if (found.plain === true && before + after <= 38)
    return asIs(`DECIMAL(${Math.max(1, before + after)},${after})`);
  return asIs("VARCHAR", TOO_LONG);
}

const STAMPS = {
  fine: `bool_or(regexp_matches(${V}, ${quoteText(String.raw`\.[0-9]{7,9}`)}))`,
  inRange: all(`TRY_CAST(${V} AS TIMESTAMP_NS) IS NOT NULL`),
};

/** Times finer than a microsecond need the type that holds them; with a zone there is none. */
function stampType(flags: Flags, { fine, inRange }: Record<keyof typeof STAMPS, Json>): DecidedType {
  if (fine !== true) return asIs(flags.zoned === true ? "TIMESTAMPTZ" : "TIMESTAMP");
  if (flags.zoned !== true && inRange === true) return asIs("TIMESTAMP_NS");
  const why = flags.zoned === true ? "with a zone" : "before 1678 or after 2261";
  return asIs(
    "VARCHAR",
    `Text, although all values are times: ${why}, times finer than a microsecond cannot be kept.`,
  );
}

/** The types that the flags alone decide. */
function plainType(flags: Flags): DecidedType {
  if (flags.booleans === true) return asIs("BOOLEAN");
  if (flags.dates === true) return asIs("DATE");
  if (flags.times === true) return asIs("TIME");
  if (flags.zeros === true)
    return asIs("VARCHAR", "Text, although all values are digits: some begin with 0, as codes do.");
  if (flags.slashed === true)
    return asIs(
      "VARCHAR",
      "Text: these look like dates, but the file does not say whether day or month comes first.",
    );
  return asIs("VARCHAR");
}

const isNumber = (flags: Flags) => flags.numbers === true && flags.finite === true;
const isStamp = (flags: Flags) => flags.dates !== true && (flags.stamps === true || flags.zoned === true);

/** Decides the type of each text column of a loaded table; those without values have none of their own. */
export async function decideTypes(
  connection: DuckDBConnection,
  table: string,
  ids: readonly string[],
): Promise<Map<string, DecidedType>> {
  const decided = new Map<string, DecidedType>();
  const columns = ids.map((id) => ({ id }));
  await inGroups(connection, table, columns, async (group, some) => {
    const flagged = await ofEach(
      connection,
      group,
      some.map(({ id }) => id),
      FLAGS,
    );
    const idsThat = (is: (flags: Flags) => boolean) =>
      [...flagged].filter(([, flags]) => is(flags)).map(([id]) => id);
    const numbers = await ofEach(connection, group, idsThat(isNumber), NUMBERS);
    const stamps = await ofEach(connection, group, idsThat(isStamp), STAMPS);
    for (const [id, flags] of flagged) {
      const [number, stamp] = [numbers.get(id), stamps.get(id)];
      decided.set(
        id,
        number ? numberType(flags, number) : stamp ? stampType(flags, stamp) : plainType(flags),
      );
    }
  });
  return decided;
}

/** SQL: a text column's value as the decided type. */
export function typedValue(id: string, { engineType }: DecidedType): string {
  const column = quoteName(id);
  if (engineType === "VARCHAR") return `${column} AS ${column}`;
  // A writer that quotes everything quotes what is missing, too.
  return `CAST(nullif(trim(${column}), '') AS ${engineType}) AS ${column}`;
}
