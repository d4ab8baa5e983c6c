import { migrateDatabase } from "@/db/migrate";
import { withClient } from "@/db/with-client";
import { LauncherError } from "./launcher-error";

/** SQLSTATE or code of the driver → what the operator can do. */
const HINTS: readonly [RegExp, string][] = [
  [
    /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/,
    "Start the database, or correct the address.",
  ],
  [/^28/, "Check the user and the password in the address."],
  [/^3D000$/, "Create the database first, or correct its name in the address."],
  [
    /^42501$/,
    'The tables are made by the role in DATABASE_OWNER_URL (without one, in DATABASE_URL). docs/operations.md lists the grants under "A database of your own".',
  ],
];

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const roleOf = (url: string) => decodeURIComponent(new URL(url).username);

interface Grants {
  role: string;
  database: string;
  inDatabase: boolean;
  inPublic: boolean;
}

/** What the role that makes the tables lacks, as the statements that give it. */
async function ownerLacks(ownerUrl: string): Promise<string[]> {
  const [row] = await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<Grants>(`
      select current_user::text as role, current_database()::text as database,
        has_database_privilege(current_database(), 'create') as "inDatabase",
        coalesce((select has_schema_privilege(oid, 'create') from pg_namespace where nspname = 'public'), true) as "inPublic"`);
    return rows;
  });
  if (!row) return [];
  const role = identifier(row.role);
  return [
    ...(row.inDatabase ? [] : [`GRANT CREATE ON DATABASE ${identifier(row.database)} TO ${role};`]),
    ...(row.inPublic ? [] : [`GRANT USAGE, CREATE ON SCHEMA public TO ${role};`]),
  ];
}

/** What the role that serves lacks after the tables were made. */
async function appLacks(appUrl: string): Promise<string[]> {
  return withClient(appUrl, async (client) => {
    const { rows } = await client.query<{ ours: boolean; engine: boolean; role: string; group: boolean }>(`
      select current_user::text as role,
        coalesce(has_schema_privilege('public', 'usage') and has_table_privilege(to_regclass('public.teams'), 'select'), false) as ours,
        exists (select 1 from pg_roles where rolname = 'modelworks_app') as group,
        coalesce((select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = 'dbos'),
          has_database_privilege(current_database(), 'create')) as engine`);
    const [row] = rows;
    if (!row) return [];
    const role = identifier(row.role);
    const create = row.group ? [] : ["CREATE ROLE modelworks_app NOLOGIN;"];
    return [
      ...(row.ours ? [] : [...create, `GRANT modelworks_app TO ${role};`]),
      ...(row.engine ? [] : [`GRANT USAGE ON SCHEMA dbos TO ${role};`]),
    ];
  });
}

function refuseWithout(lacks: readonly string[], setting: string, url: string): void {
  if (lacks.length === 0) return;
  throw new LauncherError(
    `The role ${roleOf(url)} in ${setting} may not do what it must: ${lacks.length === 1 ? "a grant is" : `${lacks.length} grants are`} missing.`,
    `Let the database's administrator run, in this database: ${lacks.join(" ")} Then start again.`,
  );
}

async function migrateBoth(ownerUrl: string, appUrl: string, setting: string): Promise<void> {
  refuseWithout(await ownerLacks(ownerUrl), setting, ownerUrl);
  await migrateDatabase(ownerUrl);
  if (ownerUrl === appUrl) return;
  // Loaded late: a start with the embedded database does without it.
  const { migrateEngine } = await import("@/server/durable/engine-schema");
  await migrateEngine(ownerUrl, appUrl);
  refuseWithout(await appLacks(appUrl), "DATABASE_URL", appUrl);
}

/**
 * Migrates a database of the operator's own, the workflow engine's tables as well where a role of its own makes tables.
 * @throws LauncherError that names the setting and what to do.
 */
export async function migrateExternal(ownerUrl: string, setting: string, appUrl = ownerUrl): Promise<void> {
  try {
    await migrateBoth(ownerUrl, appUrl, setting);
  } catch (error) {
    const chain = [error, error instanceof Error ? error.cause : undefined];
    const hint = chain.flatMap((each) => HINTS.filter(([code]) => code.test(codeOf(each))))[0]?.[1];
    if (!hint) throw error;
    const { host } = new URL(ownerUrl);
    const cause = chain.findLast((each) => each instanceof Error);
    throw new LauncherError(
      `The database at ${host} (${setting}) cannot be used: ${cause instanceof Error ? cause.message : "unknown"}.`,
      hint,
    );
  }
}
