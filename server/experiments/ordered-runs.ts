import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "@/db/client";
import { decodeCursor, encodeCursor } from "@/server/core/pagination";
import type { OrderTerm } from "./search-filter";
import { byBytes, isNewestFirst } from "./search-sql";
import { sortedRuns } from "./sorted-runs";

/** Which runs are asked for; what the conditions say is about `runs`. */
export interface RunScope {
  experimentIds: readonly number[];
  conditions: SQL | undefined;
}
export interface RunPage {
  ids: string[];
  nextCursor: string | null;
}

interface Place extends Record<string, unknown> {
  id: string;
  value: number | string | null;
  /** Digits. */
  start: string;
}

/** One stretch of an order, by value and then newest first. */
interface Part {
  /** `from … where`, with the experiment as `e.id`; an index has it in this order. */
  source: SQL;
  value?: { of: SQL; as: SQL; descending: boolean };
  start: SQL;
  id: SQL;
}

const ofRuns = { start: sql`runs.start_ms`, id: sql`runs.id` };
const ALL: Part = { ...ofRuns, source: sql`from runs where runs.experiment_id = e.id` };

/** Numbers, then NaN, then what has no value, whichever way the order goes: as MLflow has it. Undefined where no index has such an order. */
function partsOf([term, ...more]: readonly OrderTerm[]): Part[] | undefined {
  if (!term) return [ALL];
  if (more.length > 0) return undefined;
  const { kind, key, descending } = term;
  const valued = (table: SQL, value: { of: SQL; as: SQL } | undefined, which = sql`true`): Part => ({
    source: sql`from ${table} o join runs on runs.id = o.run_id where o.experiment_id = e.id and o.key = ${key} and ${which}`,
    ...(value && { value: { ...value, descending } }),
    start: sql`o.start_ms`,
    id: sql`o.run_id`,
  });
  const without = (table: SQL): Part => ({
    ...ALL,
    source: sql`${ALL.source} and not exists (select 1 from ${table} o where o.run_id = runs.id and o.key = ${key})`,
  });
  if (kind === "metric") {
    const table = sql`run_latest_metrics`;
    return [
      valued(table, { of: sql`o.value`, as: sql`float8` }, sql`not o.is_nan`),
      valued(table, undefined, sql`o.is_nan`),
      without(table),
    ];
  }
  if (kind === "param") {
    const table = sql`run_params`;
    return [valued(table, { of: byBytes(sql`o.value`), as: sql`text collate "C"` }), without(table)];
  }
  if (isNewestFirst({ ...term, descending: !descending }))
    return [{ ...ALL, value: { of: ofRuns.start, as: sql`bigint`, descending } }];
  return undefined;
}

async function placesOf(db: Db, scope: RunScope, part: Part, bound: SQL, limit: number): Promise<Place[]> {
  const way = part.value?.descending ? sql`desc` : sql`asc`;
  const { rows } = await db.execute<Place>(sql`
    select x.* from unnest(${sql.param(scope.experimentIds)}::int[]) e(id) cross join lateral (
      select ${part.id} as id, ${part.value?.of ?? sql`null`} as value, ${part.start} as start ${part.source}
        and ${scope.conditions ?? sql`true`} and ${bound}
      order by ${part.value ? sql`${part.value.of} ${way},` : sql``} ${part.start} desc, ${part.id} limit ${limit}) x
    order by ${part.value ? sql`x.value ${way},` : sql``} x.start desc, x.id limit ${limit}`);
  return rows;
}

const Cursor = z.tuple([
  z.number(),
  z.union([z.number(), z.string(), z.null()]),
  z.union([z.number(), z.string().regex(/^-?\d{1,20}$/)]),
  z.string(),
]);

/** Where a part goes on: after the last run among those of its value, then beyond that value. */
function boundsOf(part: Part, [, value, start, id]: z.output<typeof Cursor>): SQL[] {
  const newer = sql`${part.start} <= ${String(start)}::bigint and (${part.start} < ${String(start)}::bigint or ${part.id} > ${id})`;
  if (!part.value) return [newer];
  const { of, as, descending } = part.value;
  const last = sql`${value}::${as}`;
  return [sql`${of} = ${last} and ${newer}`, descending ? sql`${of} < ${last}` : sql`${of} > ${last}`];
}

/**
 * A page of runs in any order of the search grammar; ties newest first, then by id. Every page begins where the one before ended, however deep; orders by
 * one metric, parameter or the start are read from an index, others are sorted.
 */
export async function orderedRuns(
  db: Db,
  scope: RunScope,
  terms: readonly OrderTerm[],
  page: { cursor?: string | null | undefined; limit: number },
): Promise<RunPage> {
  const lasting = terms.at(-1);
  if (lasting && isNewestFirst(lasting)) return orderedRuns(db, scope, terms.slice(0, -1), page);
  const parts = partsOf(terms);
  if (!parts) return sortedRuns(db, scope, terms, page);
  const after = decodeCursor(page.cursor, Cursor);
  const found: (Place & { part: number })[] = [];
  for (const [at, part] of parts.entries()) {
    const begun = after?.[0] ?? 0;
    const bounds = after && at === begun ? boundsOf(part, after) : [sql`true`];
    for (const bound of at < begun ? [] : bounds) {
      const wanted = page.limit + 1 - found.length;
      if (wanted === 0) break;
      // oxlint-disable-next-line no-await-in-loop -- a part is only asked for what those before it lack
      const places = await placesOf(db, scope, part, bound, wanted);
      found.push(...places.map((place) => ({ ...place, part: at })));
    }
  }
  const shown = found.slice(0, page.limit);
  const last = found.length > page.limit ? shown.at(-1) : undefined;
  return {
    ids: shown.map((place) => place.id),
    nextCursor: last ? encodeCursor([last.part, last.value, last.start, last.id]) : null,
  };
}
