import type { Client } from "pg";

/** Schemas whose rows are kept: ours, and the workflow engine's. What migrations note of themselves is made again by migrating. */
export const SCHEMAS = ["public", "dbos"] as const;

type Schema = (typeof SCHEMAS)[number];

export interface Table {
  schema: Schema;
  name: string;
  /** In the order of their rows' fields; what the database computes itself is left out. */
  columns: string[];
}

export interface Partition {
  schema: Schema;
  parent: string;
  name: string;
  /** As `CREATE TABLE … PARTITION OF` takes it. */
  bound: string;
}

export interface Sequence {
  schema: Schema;
  name: string;
}

/** Tables as rows are asked of them: what a partition holds is read from its parent. */
export async function tablesOf(client: Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select n.nspname as schema, c.relname as name,
       array_agg(a.attname::text order by a.attnum) filter (where a.attgenerated = '') as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition
     group by 1, 2 order by 1, 2`,
    [SCHEMAS],
  );
  return rows;
}

/** Partitions of the first level; ours have no others. Bounds are told in UTC. */
export async function partitionsOf(client: Client): Promise<Partition[]> {
  await client.query("set timezone = 'UTC'");
  const { rows } = await client.query<Partition>(
    `select n.nspname as schema, p.relname as parent, c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
     from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
       join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relispartition and c.relkind = 'r' order by 1, 2, 3`,
    [SCHEMAS],
  );
  return rows;
}

export async function sequencesOf(client: Client): Promise<Sequence[]> {
  const { rows } = await client.query<Sequence>(
    "select schemaname as schema, sequencename as name from pg_sequences where schemaname = any($1) order by 1, 2",
    [SCHEMAS],
  );
  return rows;
}

/** A name of the database as a statement takes it. */
export const quoted = (client: Client, { schema, name }: { schema: string; name: string }): string =>
  `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(name)}`;

export const columnList = (client: Client, { columns }: Table): string =>
  columns.map((column) => client.escapeIdentifier(column)).join(", ");
