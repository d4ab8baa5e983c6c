import { sql, type ExtractTablesWithRelations } from "drizzle-orm";
import { drizzle, type NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
import { sqlStatements } from "@/server/core/metrics";
import * as schema from "./schema";

/** The pool's database or an open transaction: both speak the same query language. */
export type Db = PgDatabase<NodePgQueryResultHKT, typeof schema, ExtractTablesWithRelations<typeof schema>>;

export interface OpenDb {
  db: Db;
  pool: pg.Pool;
  close: () => Promise<void>;
}

/** Opens a pool of `max` connections. A lost connection is logged and replaced; it never ends the process. */
export function openDb(url: string, options: { max?: number; name?: string } = {}): OpenDb {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: options.name ?? "modelworks",
  });
  // A connection that is lost while in use tells its user by the failing query; unheard, the event would end the process.
  pool.on("connect", (client) =>
    client.on("error", (error) => log.warn({ err: error }, "connection lost in use")),
  );
  pool.on("error", (error) => log.warn({ err: error }, "database connection lost"));
  const logger = { logQuery: () => sqlStatements.inc() };
  const opened = { db: drizzle(pool, { schema, logger }), pool, close: () => pool.end() };
  pools.set(opened.db, pool);
  return opened;
}

const holder = globalThis as typeof globalThis & {
  modelworksDb?: OpenDb;
  modelworksPools?: WeakMap<Db, pg.Pool>;
};

/** The process's own, as the database is: another copy of this module must know whose statements commit alone. */
holder.modelworksPools ??= new WeakMap();
const pools = holder.modelworksPools;

/** Whether statements of `db` commit by themselves, rather than with a transaction around them. */
export const commitsAlone = (db: Db): boolean => pools.has(db);

/**
 * A statement whose text is always the same, with its values as $1, $2 …: each connection parses it once, under `name`. Inside a transaction
 * it runs without the name.
 */
export function namedStatement(name: string, text: string) {
  return async (db: Db, values: readonly unknown[]): Promise<Record<string, unknown>[]> => {
    const pool = pools.get(db);
    if (pool) sqlStatements.inc();
    if (pool) return (await pool.query<Record<string, unknown>>({ name, text, values: [...values] })).rows;
    const parts = text
      .split(/\$(\d+)/)
      .map((part, index) => (index % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1])));
    return (await db.execute(sql.join(parts))).rows;
  };
}

/** This process's pool; one, although Next's bundles and our server load this module separately. */
export function sharedDb(): OpenDb {
  if (!holder.modelworksDb) {
    const url = env().databaseUrl;
    if (!url) throw new Error("DATABASE_URL is not set; start the process with `npm start`, which sets it.");
    holder.modelworksDb = openDb(url, { max: 20 });
  }
  return holder.modelworksDb;
}

export const db = (): Db => sharedDb().db;
