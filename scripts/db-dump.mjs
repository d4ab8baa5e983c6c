// Writes what a database holds, as rows of JSON, for the test that upgrades it: `npm run db:dump -- <address of the owner> <name>`.
// Made of a demo installation each time a migration lands, so that each state that somebody may run is upgraded with data in it.
// Sessions, tokens' hashes and passwords are the demo's own and open nothing elsewhere.
import fs from "node:fs";
import path from "node:path";
import { createGzip } from "node:zlib";
import pg from "pg";

const [url, name] = process.argv.slice(2);
if (!url || !/^[a-z0-9-]+$/.test(name ?? "")) {
  console.error("Say which database and the state's name: npm run db:dump -- postgres://… 2026-11-28");
  process.exit(2);
}
/** Rows of one table beyond this add time to the test and nothing to what it proves. */
const MOST_ROWS = 500;

const root = path.resolve(import.meta.dirname, "..");
const journal = JSON.parse(fs.readFileSync(path.join(root, "db/migrations/meta/_journal.json"), "utf8"));
const client = new pg.Client({ connectionString: url });
await client.connect();
await client.query("begin isolation level repeatable read read only");
const target = path.join(root, "db", "testing", "states", `${name}.jsonl.gz`);
fs.mkdirSync(path.dirname(target), { recursive: true });
const out = createGzip({ level: 9 });
const written = new Promise((resolve) => out.pipe(fs.createWriteStream(target)).on("finish", resolve));
const applied = await client.query("select created_at::float8 as at from drizzle.__drizzle_migrations");
const times = new Set(applied.rows.map((row) => row.at));
const migrations = journal.entries.filter((entry) => times.has(entry.when)).map((entry) => entry.tag);
out.write(`${JSON.stringify({ migrations })}\n`);
const tables = await client.query(
  // What a partition holds is read from its table.
  "select relname as table_name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1",
);
for (const { table_name: table } of tables.rows) {
  const quoted = client.escapeIdentifier(table);
  const { rows } = await client.query(
    `select to_jsonb(t)::text as row from ${quoted} t order by ctid limit ${MOST_ROWS}`,
  );
  for (const { row } of rows) out.write(`{"table":${JSON.stringify(table)},"row":${row}}\n`);
  console.log(`${table.padEnd(28)} ${rows.length}`);
}
out.end();
await written;
await client.end();
console.log(`wrote ${path.relative(root, target)}, ${fs.statSync(target).size} bytes`);
