import { DBOS } from "@dbos-inc/dbos-sdk";
import type { Client } from "pg";
import { withClient } from "@/db/with-client";

const SCHEMA = "dbos";

const roleOf = (url: string) => decodeURIComponent(new URL(url).username);

interface State {
  /** Null where the schema is not there. */
  owner: string | null;
  level: number | null;
  /** Whether the role may alter what is there. */
  may: boolean;
}

async function stateOf(client: Client): Promise<State> {
  const { rows } = await client.query<State>(
    `select pg_get_userbyid(nspowner) as owner, null::int as level, pg_has_role(current_user, nspowner, 'usage') as may
     from pg_namespace where nspname = $1`,
    [SCHEMA],
  );
  const [state] = rows;
  if (!state) return { owner: null, level: null, may: true };
  if (!state.may) return state;
  const table = await client.query<{ there: boolean }>(
    "select to_regclass('dbos.dbos_migrations') is not null as there",
  );
  if (!table.rows[0]?.there) return state;
  const level = await client.query<{ level: number | null }>(
    "select max(version)::int as level from dbos.dbos_migrations",
  );
  return { ...state, level: level.rows[0]?.level ?? null };
}

/**
 * Makes the tables of the workflow engine, or brings them up to this release, as the role that owns ours, and lets the role that serves use them; so that one
 * needs no right to make anything. Tables that the serving role made itself (without an owner's address, or before there was this) stay its own: its worker
 * keeps them up to date.
 * @returns their level.
 */
export async function migrateEngine(ownerUrl: string, appUrl: string): Promise<number | null> {
  const before = await withClient(ownerUrl, stateOf);
  if (!before.may) return before.level;
  const app = roleOf(appUrl);
  const { log } = globalThis.console;
  // The engine tells each of its statements, and takes no logger here.
  globalThis.console.log = () => undefined;
  try {
    await DBOS.migrate(ownerUrl, app === roleOf(ownerUrl) ? {} : { applicationRole: app });
  } finally {
    globalThis.console.log = log;
  }
  return (await withClient(ownerUrl, stateOf)).level;
}
