import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { Client } from "pg";
import type { Addresses } from "./addresses";
import {
  columnList,
  partitionsOf,
  quoted,
  sequencesOf,
  tablesOf,
  type Sequence,
  type Table,
} from "./catalog";
import { copyOut } from "./copy-stream";
import type { Manifest } from "./manifest";

type Dumped = Pick<
  Manifest,
  "madeAt" | "migrations" | "engine" | "tables" | "sequences" | "partitions" | "checkpoint"
>;

/** Two connections that see the same moment: the owner's, and the serving role's for what the owner may not read. */
interface Readers {
  owner: Client;
  app: Client;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "modelworks-backup",
    // A large table is read for as long as it takes, and then the blobs' list.
    idle_in_transaction_session_timeout: 0,
  });
  // The statement that is under way fails and tells it.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

const READ = "begin isolation level repeatable read read only";

/** Whose connection may read a relation. */
async function readerOf({ owner, app }: Readers, what: Table | Sequence): Promise<Client> {
  const { rows } = await owner.query<{ may: boolean }>(
    "select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as may from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
    [what.schema, what.name],
  );
  return rows[0]?.may ? owner : app;
}

/**
 * Begins one moment in both connections. The locks come first, without a snapshot: a partition that is dropped by its retention between
 * the snapshot and its reading would take its rows along.
 */
async function beginTogether(readers: Readers): Promise<Table[]> {
  const { owner, app } = readers;
  const tables = await tablesOf(owner);
  const byReader = new Map<Client, Table[]>();
  for (const table of tables) {
    const reader = await readerOf(readers, table);
    byReader.set(reader, [...(byReader.get(reader) ?? []), table]);
  }
  await owner.query(READ);
  const locks = (of: Client) => (byReader.get(of) ?? []).map((table) => quoted(of, table)).join(", ");
  if (locks(owner)) await owner.query(`lock table ${locks(owner)} in access share mode`);
  const { rows } = await owner.query<{ snapshot: string }>("select pg_export_snapshot() as snapshot");
  await app.query(READ);
  await app.query(`set transaction snapshot ${app.escapeLiteral(rows[0]?.snapshot ?? "")}`);
  if (locks(app)) await app.query(`lock table ${locks(app)} in access share mode`);
  return tables;
}

/** What COPY writes: a row ends with a line feed, and one within a value is written as `\n`. */
async function dumpTable(reader: Client, table: Table, folder: string): Promise<Dumped["tables"][number]> {
  const file = `database/${table.schema}.${table.name}.copy.gz`;
  let rows = 0;
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) rows += 1;
      done(null, chunk);
    },
  });
  await pipeline(
    copyOut(
      reader,
      `copy (select ${columnList(reader, table)} from ${quoted(reader, table)}) to stdout with (encoding 'UTF8')`,
    ),
    count,
    createGzip({ level: 1 }),
    createWriteStream(path.join(folder, file), { flags: "wx", mode: 0o600, flush: true }),
  );
  return { ...table, rows, bytes, file };
}

async function sequenceValue(
  reader: Client,
  { schema, name }: Sequence,
): Promise<Dumped["sequences"][number]> {
  const { rows } = await reader.query<{ value: string; called: boolean }>(
    `select last_value::text as value, is_called as called from ${quoted(reader, { schema, name })}`,
  );
  return { schema, name, value: rows[0]?.value ?? "1", isCalled: rows[0]?.called ?? false };
}

async function levelOf(owner: Client): Promise<Dumped["migrations"]> {
  const { rows } = await owner.query<{ at: string; hash: string }>(
    "select created_at::text as at, hash from drizzle.__drizzle_migrations order by created_at",
  );
  return rows.map(({ at, hash }) => ({ createdAt: Number(at), hash }));
}

async function engineLevel(readers: Readers, tables: readonly Table[]): Promise<number | null> {
  const table = tables.find(({ schema, name }) => schema === "dbos" && name === "dbos_migrations");
  if (!table) return null;
  const reader = await readerOf(readers, table);
  const { rows } = await reader.query<{ level: string }>(
    `select max(version)::text as level from ${quoted(reader, table)}`,
  );
  return Number(rows[0]?.level ?? 0);
}

async function* rowsOf(client: Client, text: string): AsyncGenerator<Record<string, unknown>> {
  await client.query(`declare each_row no scroll cursor for ${text}`);
  for (;;) {
    const { rows } = await client.query<Record<string, unknown>>("fetch 5000 from each_row");
    if (rows.length === 0) break;
    yield* rows;
  }
  await client.query("close each_row");
}

/** A blob that the database names. */
export interface BlobRow {
  digest: string;
  sizeBytes: number;
}

/**
 * Writes every row of one moment into `<folder>/database`, one file a table, while others go on writing.
 * @param blob is told each blob that the rows name.
 */
export async function dumpDatabase(
  { ownerUrl, appUrl }: Pick<Addresses, "ownerUrl" | "appUrl">,
  folder: string,
  blob: (row: BlobRow) => void,
): Promise<Dumped> {
  await mkdir(path.join(folder, "database"), { mode: 0o700 });
  const readers: Readers = { owner: await connect(ownerUrl), app: await connect(appUrl) };
  const { owner } = readers;
  try {
    const found = await beginTogether(readers);
    const madeAt = new Date().toISOString();
    const tables: Dumped["tables"] = [];
    for (const table of found) tables.push(await dumpTable(await readerOf(readers, table), table, folder));
    const sequences: Dumped["sequences"] = [];
    // After the rows: a number that was given meanwhile leaves a gap, one that is given twice would be refused.
    for (const sequence of await sequencesOf(owner))
      sequences.push(await sequenceValue(await readerOf(readers, sequence), sequence));
    const point = await owner.query<{ note: string }>(
      "select note from log_checkpoints order by size desc limit 1",
    );
    for await (const row of rowsOf(owner, "select digest, size_bytes::text as size from blobs order by 1"))
      blob({ digest: String(row.digest), sizeBytes: Number(row.size) });
    return {
      madeAt,
      migrations: await levelOf(owner),
      engine: await engineLevel(readers, found),
      tables,
      sequences,
      partitions: await partitionsOf(owner),
      checkpoint: point.rows[0]?.note ?? null,
    };
  } finally {
    await Promise.all([owner.end(), readers.app.end()].map((end) => end.catch(() => undefined)));
  }
}
