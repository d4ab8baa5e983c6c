import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { z } from "zod";
import { readIfPresent, writePrivateFile } from "./files";
import { LauncherError } from "./launcher-error";
import { chooseFreePort } from "./ports";
import type { PostgresUser } from "./postgres-user";

export const OWNER_ROLE = "modelworks_owner";
export const APP_ROLE = "modelworks_app";
export const DATABASE = "modelworks";

const ClusterSecrets = z.object({
  port: z.number().int(),
  ownerPassword: z.string(),
  appPassword: z.string(),
});

/** What only the launcher knows about its own Postgres; kept in `<home>/pg/access.json`, mode 0600. */
export type ClusterAccess = z.infer<typeof ClusterSecrets>;

/** Reads how to reach the cluster of this home, and makes port and passwords the first time. */
export async function readOrCreateAccess(pgDir: string): Promise<ClusterAccess> {
  const file = path.join(pgDir, "access.json");
  const known = readIfPresent(file);
  if (known) return ClusterSecrets.parse(JSON.parse(known));
  if (fs.existsSync(path.join(pgDir, "data"))) {
    throw new LauncherError(
      `The database in ${pgDir} has lost its passwords (access.json is missing).`,
      `Put ${file} back from a backup, or move ${pgDir} away to begin with an empty database.`,
    );
  }
  const secret = () => randomBytes(24).toString("base64url");
  const access = { port: await chooseFreePort(), ownerPassword: secret(), appPassword: secret() };
  saveAccess(pgDir, access);
  return access;
}

/** Remembers port and passwords for the next start. */
export function saveAccess(pgDir: string, access: ClusterAccess): void {
  writePrivateFile(path.join(pgDir, "access.json"), JSON.stringify(access));
}

/** The address of a database in the cluster for one of its two roles. */
export function urlFor(access: ClusterAccess, role: "owner" | "app", database = DATABASE): string {
  const [name, password] =
    role === "owner" ? [OWNER_ROLE, access.ownerPassword] : [APP_ROLE, access.appPassword];
  return `postgres://${name}:${password}@127.0.0.1:${access.port}/${database}`;
}

/**
 * Makes the cluster when there is none. It is built aside and renamed, so a start cut short leaves no half
 * cluster behind. Throws a LauncherError with initdb's own words.
 */
export async function ensureCluster(user: PostgresUser, pgDir: string, access: ClusterAccess): Promise<void> {
  const data = path.join(pgDir, "data");
  for (const name of fs.readdirSync(pgDir)) {
    if (name.startsWith("data.tmp-")) fs.rmSync(path.join(pgDir, name), { recursive: true, force: true });
  }
  if (fs.existsSync(data)) return user.own(data);
  const temporary = path.join(pgDir, `data.tmp-${process.pid}`);
  fs.mkdirSync(temporary, { mode: 0o700 });
  user.own(temporary);
  const passwordFile = path.join(pgDir, `password.tmp-${process.pid}`);
  fs.writeFileSync(passwordFile, access.ownerPassword, { mode: 0o600 });
  user.own(passwordFile);
  try {
    await runInitdb(user, temporary, passwordFile);
  } finally {
    fs.rmSync(passwordFile, { force: true });
  }
  fs.renameSync(temporary, data);
}

async function runInitdb(user: PostgresUser, dataDir: string, passwordFile: string): Promise<void> {
  const { file, args } = user.command(user.binaries.initdb, [
    `--pgdata=${dataDir}`,
    `--username=${OWNER_ROLE}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--lc-messages=C",
    "--no-sync",
    "--no-instructions",
  ]);
  const child = spawn(file, args, {
    ...user.spawnOptions,
    env: user.spawnOptions.env,
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code === 0) return;
  throw new LauncherError(
    `The database could not be created (initdb ended with ${code}):\n${output.trim()}`,
    "Check that the disk holding MODELWORKS_HOME has 200 MB free and is writable, then start again.",
  );
}

/** Makes the application's role and database, and sets its password. Repeating it changes nothing. */
export async function ensureDatabase(access: ClusterAccess): Promise<void> {
  const client = new Client({ connectionString: urlFor(access, "owner", "postgres") });
  // A server that dies now is told by the failing query; unheard, the event would end the launcher.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const roles = await client.query("select 1 from pg_roles where rolname = $1", [APP_ROLE]);
    const verb = roles.rowCount === 0 ? "create" : "alter";
    // Our own base64url text holds no quote, so it can stand in a statement that takes no parameters.
    await client.query(
      `${verb} role ${APP_ROLE} login nosuperuser nocreatedb nocreaterole password '${access.appPassword}'`,
    );
    const databases = await client.query("select 1 from pg_database where datname = $1", [DATABASE]);
    if (databases.rowCount === 0) await client.query(`create database ${DATABASE} owner ${OWNER_ROLE}`);
    await client.query(`revoke all on database ${DATABASE} from public`);
    // The durable workflow engine makes a schema of its own.
    await client.query(`grant connect, create, temporary on database ${DATABASE} to ${APP_ROLE}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
