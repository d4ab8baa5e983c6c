import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";
import { z } from "zod";

const STATES = path.join(import.meta.dirname, "states");
const MIGRATIONS = path.join(import.meta.dirname, "..", "migrations");

const Head = z.object({ migrations: z.array(z.string()).min(1) });
const Line = z.object({ table: z.string(), row: z.unknown() });
const Journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** The states of which `npm run db:dump` kept what a demo held. */
export const stateNames = (): string[] =>
  fs
    .readdirSync(STATES)
    .filter((name) => name.endsWith(".jsonl.gz"))
    .map((name) => name.replace(".jsonl.gz", ""));

/** A folder with those migrations alone that a state had. */
function migrationsOf(tags: readonly string[]): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "mw-migrations-"));
  fs.mkdirSync(path.join(folder, "meta"));
  for (const tag of tags)
    fs.copyFileSync(path.join(MIGRATIONS, `${tag}.sql`), path.join(folder, `${tag}.sql`));
  const journal = Journal.parse(
    JSON.parse(fs.readFileSync(path.join(MIGRATIONS, "meta", "_journal.json"), "utf8")),
  );
  const entries = journal.entries.filter((entry) => tags.includes(entry.tag));
  fs.writeFileSync(path.join(folder, "meta", "_journal.json"), JSON.stringify({ ...journal, entries }));
  return folder;
}

/** What the database numbers by itself goes on after the rows that were put in with their numbers. */
async function goOnCounting(client: Client, table: string): Promise<void> {
  const name = client.escapeIdentifier(table);
  const { rows } = await client.query<{ column: string; sequence: string }>(
    `select attname as column, pg_get_serial_sequence($1, attname) as sequence from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and pg_get_serial_sequence($1, attname) is not null`,
    [name],
  );
  for (const { column, sequence } of rows)
    await client.query(
      `select setval($1::regclass, (select max(${client.escapeIdentifier(column)}) from ${name}))`,
      [sequence],
    );
}

/** Brings an empty database to an earlier state, with the rows it had. Returns how many rows each table got. */
export async function restoreState(ownerUrl: string, state: string): Promise<Map<string, number>> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  // Made when it is read at once: lines that come before are lost.
  const lines = createInterface({
    input: fs.createReadStream(path.join(STATES, `${state}.jsonl.gz`)).pipe(createGunzip()),
  });
  const counts = new Map<string, number>();
  let started = false;
  try {
    for await (const line of lines) {
      if (!started) {
        started = true;
        const migrationsFolder = migrationsOf(Head.parse(JSON.parse(line)).migrations);
        await migrate(drizzle(client), { migrationsFolder });
        fs.rmSync(migrationsFolder, { recursive: true });
        // What the rows say was checked when they were written; their order says nothing to triggers and references.
        await client.query("set session_replication_role = replica");
        continue;
      }
      const { table } = Line.parse(JSON.parse(line));
      const name = client.escapeIdentifier(table);
      // The database reads the text itself: a number of ours would lose digits of its.
      await client.query(
        `insert into ${name} overriding system value select r.* from jsonb_populate_record(null::${name}, ($1::jsonb) -> 'row') r`,
        [line],
      );
      counts.set(table, (counts.get(table) ?? 0) + 1);
    }
    for (const table of counts.keys()) await goOnCounting(client, table);
    await client.query("set session_replication_role = origin");
    return counts;
  } finally {
    await client.end();
  }
}
