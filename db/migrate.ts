import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import type { Client } from "pg";
import { z } from "zod";
import { withClient } from "./with-client";

const FOLDER = path.join(import.meta.dirname, "migrations");
const SQL_FOLDER = path.join(import.meta.dirname, "sql");
const Journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });
const OTHER_RELEASE =
  "This database was made by a newer release, or by a trial from before the first: it holds a migration that this release " +
  "does not have. Start the release that made it; or, if nothing in it is needed, move the folder MODELWORKS_HOME away " +
  "(or use an empty database in DATABASE_URL) and start again.";
/** Any fixed number: it keeps two starting processes from migrating at once. */
const MIGRATION_LOCK = 7_203_000;

/**
 * Brings a database to the schema of this release and repeats what `db/sql` says: triggers, their functions and grants.
 * @param ownerUrl address of the role that owns the tables.
 * @throws when the database was made by migrations that this release does not have, or the role may not change the schema.
 */
export async function migrateDatabase(ownerUrl: string): Promise<{ applied: number }> {
  return withClient(ownerUrl, async (client) => {
    // The end of the session releases it.
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    const before = await appliedMigrations(client);
    refuseForeignMigrations(before);
    await client.query("set client_min_messages = warning");
    await applyMigrations(drizzle(client), { migrationsFolder: FOLDER });
    for (const file of guardFiles()) await client.query(fs.readFileSync(file, "utf8"));
    const after = await appliedMigrations(client);
    return { applied: after.length - before.length };
  });
}

/** Which migrations made a database; `createdAt` is the time that a migration bears in its name's list. */
export interface Applied {
  createdAt: number;
  hash: string;
}

/**
 * Brings an empty database to exactly an earlier state: those migrations alone, and nothing of `db/sql`, which fits the newest state only.
 * `migrateDatabase` goes on from there.
 * @throws when this release does not have exactly these migrations as its first ones.
 */
export async function migrateTo(ownerUrl: string, level: readonly Applied[]): Promise<void> {
  refuseForeignMigrations(level);
  const ours = readMigrationFiles({ migrationsFolder: FOLDER });
  if (ours.slice(0, level.length).some((item, at) => item.hash !== level[at]?.hash))
    throw new Error(OTHER_RELEASE);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "modelworks-migrations-"));
  try {
    fs.cpSync(FOLDER, folder, { recursive: true });
    const file = path.join(folder, "meta", "_journal.json");
    const journal = Journal.parse(JSON.parse(fs.readFileSync(file, "utf8")));
    fs.writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, level.length) }));
    await withClient(ownerUrl, async (client) => {
      await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
      await client.query("set client_min_messages = warning");
      await applyMigrations(drizzle(client), { migrationsFolder: folder });
    });
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** A short name for the state of the migrations; equal names mean an equal schema. */
export function migrationsKey(): string {
  const hash = createHash("sha256");
  for (const migration of readMigrationFiles({ migrationsFolder: FOLDER })) hash.update(migration.hash);
  for (const file of guardFiles()) hash.update(fs.readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}

/** They can be repeated, and are after every migration: a new table would have no grants, a changed trigger would stay as it was. */
function guardFiles(): string[] {
  return fs
    .readdirSync(SQL_FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => path.join(SQL_FOLDER, name));
}

async function appliedMigrations(client: Client): Promise<Applied[]> {
  const table = await client.query("select to_regclass('drizzle.__drizzle_migrations') as name");
  if (table.rows[0]?.name == null) return [];
  const rows = await client.query<{ hash: string; created_at: string }>(
    "select hash, created_at from drizzle.__drizzle_migrations order by created_at",
  );
  return rows.rows.map((row) => ({ hash: row.hash, createdAt: Number(row.created_at) }));
}

/** Migrations never change once they have landed, so one that is not ours was made by a newer release or by an early trial of this one. */
function refuseForeignMigrations(applied: readonly Applied[]): void {
  const ours = new Map(
    readMigrationFiles({ migrationsFolder: FOLDER }).map((item) => [item.folderMillis, item.hash]),
  );
  for (const { hash, createdAt } of applied) {
    if (ours.get(createdAt) === hash) continue;
    throw new Error(OTHER_RELEASE);
  }
}
