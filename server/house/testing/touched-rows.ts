import { sql } from "drizzle-orm";
import { Client } from "pg";
import { z } from "zod";
import type { Db } from "@/db/client";

const Touched = z.object({ what: z.string(), row: z.string() });

/** From now on every row that is changed, removed or added is noted, in the same transaction. */
export async function noteTouchedRows(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(`
      create schema noted;
      create table noted.rows (what text not null, row text not null);
      create function noted.note() returns trigger language plpgsql security definer as $$
      begin
        insert into noted.rows values (
          tg_op || ' ' || tg_table_name,
          concat(case when tg_op <> 'INSERT' then to_jsonb(old)::text end, case when tg_op <> 'DELETE' then to_jsonb(new)::text end)
        );
        return null;
      end $$;
      grant usage on schema noted to public;
      grant select on noted.rows to public;
      do $$
      declare name regclass;
      begin
        for name in select oid::regclass from pg_class
          where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        loop
          execute format('create trigger zz_noted after insert or update or delete on %s for each row execute function noted.note()', name);
        end loop;
      end $$;
    `);
  } finally {
    await client.end();
  }
}

/** The noted rows of the open transaction. */
export async function touchedRows(db: Db): Promise<{ what: string; row: string }[]> {
  const { rows } = await db.execute(sql`select what, row from noted.rows`);
  return z.array(Touched).parse(rows);
}

/** Ids by which rows of a team are known anywhere, and the team's own. */
export async function idsOf(db: Db, teamId: string): Promise<Set<string>> {
  const { rows } = await db.execute(sql`
    select c.relname as name from pg_class c
    join pg_attribute t on t.attrelid = c.oid and t.attname = 'team_id'
    join pg_attribute i on i.attrelid = c.oid and i.attname = 'id' and i.atttypid = 'text'::regtype
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`);
  const ids = new Set([teamId]);
  for (const { name } of z.array(z.object({ name: z.string() })).parse(rows)) {
    const found = await db.execute(sql`select id from ${sql.identifier(name)} where team_id = ${teamId}`);
    for (const { id } of z.array(z.object({ id: z.string() })).parse(found.rows)) ids.add(id);
  }
  return ids;
}
