import type { ExtractTablesWithRelations } from "drizzle-orm";
import { drizzle, type NodePgQueryResultHKT } from "drizzle-orm/node-postgres";
import type { PgDatabase } from "drizzle-orm/pg-core";
import pg from "pg";
import { env } from "@/server/core/env";
import { log } from "@/server/core/log";
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
  return { db: drizzle(pool, { schema }), pool, close: () => pool.end() };
}

const holder = globalThis as typeof globalThis & { modelworksDb?: OpenDb };

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
