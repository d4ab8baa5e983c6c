import fs from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Client } from "pg";
import { migrateDatabase, migrateTo } from "@/db/migrate";
import { withClient } from "@/db/with-client";
import { migrateEngine } from "@/server/durable/engine-schema";
import { LauncherError } from "@/server/launcher/launcher-error";
import type { Addresses } from "./addresses";
import { columnList, partitionsOf, quoted, SCHEMAS, tablesOf, type Table } from "./catalog";
import { copyIn } from "./copy-stream";
import { fileIn, type Manifest } from "./manifest";

type TableEntry = Manifest["tables"][number];

const refused = (problem: string) =>
  new LauncherError(
    `The backup cannot be restored: ${problem}.`,
    "Restore it with the release that made it, and upgrade then.",
  );

/** What a backup names must be what migrating makes: then nothing of it is anything but rows. */
function matching(manifest: Manifest, ours: readonly Table[]): TableEntry[] {
  const key = (table: { schema: string; name: string; columns: string[] }) =>
    `${table.schema}.${table.name} (${table.columns.toSorted().join(", ")})`;
  const known = new Set(ours.map(key));
  const strange = manifest.tables.find((table) => !known.has(key(table)));
  if (strange) throw refused(`this release has no table ${key(strange)}`);
  if (manifest.tables.length < ours.length) {
    const given = new Set(manifest.tables.map(key));
    throw refused(`it lacks the table ${ours.map(key).find((each) => !given.has(each))}`);
  }
  return manifest.tables;
}

interface Reference {
  table: string;
  name: string;
  definition: string;
}

/** References are taken off and put back when all rows are there: adding one checks every row. */
async function takeReferences(client: Client): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select c.conrelid::regclass::text as table, quote_ident(c.conname) as name, pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_namespace n on n.oid = c.connamespace
     where c.contype = 'f' and c.conparentid = 0 and n.nspname = any($1)`,
    [SCHEMAS],
  );
  for (const { table, name } of rows) await client.query(`alter table ${table} drop constraint ${name}`);
  return rows;
}

/** Rows lie where they lay: a partition that is dropped by its age later takes the same rows along. */
async function makePartitions(client: Client, wanted: Manifest["partitions"]): Promise<void> {
  const present = await partitionsOf(client);
  const parents = new Set(present.map(({ schema, parent }) => `${schema}.${parent}`));
  for (const table of present) await client.query(`drop table ${quoted(client, table)}`);
  for (const { schema, parent, name, bound } of wanted) {
    if (!parents.has(`${schema}.${parent}`))
      throw refused(`this release has no partitions of ${schema}.${parent}`);
    await client.query(
      `create table ${quoted(client, { schema, name })} partition of ${quoted(client, { schema, name: parent })} ${bound}`,
    );
  }
}

/** What the rows say was checked when they were written; the triggers would judge them as new. */
async function setTriggers(client: Client, verb: "enable" | "disable"): Promise<void> {
  const { rows } = await client.query<{ table: string }>(
    `select c.oid::regclass::text as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p')`,
    [SCHEMAS],
  );
  for (const { table } of rows) await client.query(`alter table ${table} ${verb} trigger user`);
}

async function loadTable(client: Client, folder: string, table: TableEntry): Promise<void> {
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > table.bytes) done(refused(`${table.file} holds more than it says`));
      else done(null, chunk);
    },
  });
  await pipeline(
    fs.createReadStream(fileIn(folder, table.file), { highWaterMark: 1024 * 1024 }),
    createGunzip(),
    bounded,
    copyIn(
      client,
      `copy ${quoted(client, table)} (${columnList(client, table)}) from stdin with (encoding 'UTF8')`,
    ),
  );
  const { rows } = await client.query<{ count: string }>(
    `select count(*)::text as count from ${quoted(client, table)}`,
  );
  if (Number(rows[0]?.count) !== table.rows)
    throw refused(
      `${table.file} gave ${rows[0]?.count} rows of ${table.schema}.${table.name}, not ${table.rows}`,
    );
}

async function setSequences(client: Client, sequences: Manifest["sequences"]): Promise<void> {
  for (const { schema, name, value, isCalled } of sequences) {
    const { rows } = await client.query<{ sequence: string }>(
      "select to_regclass($1)::text as sequence from pg_class where oid = to_regclass($1) and relkind = 'S'",
      [quoted(client, { schema, name })],
    );
    if (!rows[0]) throw refused(`this release has no sequence ${schema}.${name}`);
    await client.query("select setval($1::regclass, $2::bigint, $3)", [rows[0].sequence, value, isCalled]);
  }
}

async function load(client: Client, folder: string, manifest: Manifest): Promise<void> {
  const tables = matching(manifest, await tablesOf(client));
  await client.query("begin");
  const references = await takeReferences(client);
  await makePartitions(client, manifest.partitions);
  await setTriggers(client, "disable");
  await client.query(`truncate ${tables.map((table) => quoted(client, table)).join(", ")}`);
  for (const table of tables) await loadTable(client, folder, table);
  await setSequences(client, manifest.sequences);
  await setTriggers(client, "enable");
  for (const { table, name, definition } of references)
    await client.query(`alter table ${table} add constraint ${name} ${definition}`);
  await client.query("commit");
}

/**
 * Fills an empty database with the rows of a backup: at the level of the schema that they had, and then up to this release's.
 * @throws LauncherError when the rows do not fit; then nothing of them is there.
 */
export async function loadDatabase(
  { ownerUrl, appUrl }: Pick<Addresses, "ownerUrl" | "appUrl">,
  folder: string,
  manifest: Manifest,
): Promise<void> {
  await migrateTo(ownerUrl, manifest.migrations);
  const level = manifest.engine === null ? null : await migrateEngine(ownerUrl, appUrl);
  if (level !== manifest.engine)
    throw refused(
      `it was made with level ${manifest.engine} of the workflow engine's tables, this release has ${level}`,
    );
  await withClient(ownerUrl, async (client) => {
    await load(client, folder, manifest);
    await migrateDatabase(ownerUrl);
    // Who runs, and with which lease, is not who ran.
    await client.query("truncate public.processes, public.tick_leases");
    await client.query("analyze");
  });
}
